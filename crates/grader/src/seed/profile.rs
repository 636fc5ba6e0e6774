//! The profile that the lab is built with.
//!
//! Cargo locks the folder of a profile, not the whole of `target/`. An editor's
//! rust-analyzer holds the lock of `target/debug` for as long as its `cargo check`
//! takes, which after opening the lab is a minute. `cargo xtask` is an alias with a
//! profile of its own (`.cargo/config.toml`), so neither waits for the other; and
//! what the lab builds for itself has to go to the same folder.

use std::env;
use std::path::Path;

/// As the alias has it.
const NAME: &str = "judge";

/// What to tell cargo, so that it builds where this program was built itself, and the
/// same: with this profile, or as tests are.
pub fn profile() -> &'static [&'static str] {
    match env::current_exe() {
        Ok(own) if is_of_the_profile(&own) => &["--profile", NAME, "--no-default-features"],
        _ => &[],
    }
}

/// `target/judge/xtask` is, and so is a test, `target/judge/deps/xtask-0123`.
fn is_of_the_profile(program: &Path) -> bool {
    program
        .ancestors()
        .skip(1)
        .take(2)
        .any(|folder| folder.file_name().is_some_and(|name| name == NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_the_folder_that_cargo_put_it_in() {
        for own in ["/lab/target/judge/xtask", "/t/judge/deps/xtask-01"] {
            assert!(is_of_the_profile(Path::new(own)), "{own}");
        }
        for other in ["/lab/target/debug/xtask", "/judge/lab/target/debug/judge"] {
            assert!(!is_of_the_profile(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn the_alias_names_the_profile() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        let told = format!("--profile {NAME} --no-default-features ");
        assert!(read(".cargo/config.toml").contains(&told));
        assert!(read("Cargo.toml").contains(&format!("[profile.{NAME}]")));
    }
}
