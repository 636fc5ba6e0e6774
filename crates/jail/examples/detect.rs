//! Says what this machine can do: `cargo run -p jail --example detect`.

use jail::Tier;

fn main() -> std::io::Result<()> {
    // target/debug/examples/detect → target/debug
    let own = std::env::current_exe()?;
    let folder = own.ancestors().nth(2).unwrap_or(&own);
    let started = std::time::Instant::now();
    let found = Tier::detect(&folder.join("jail"), &folder.join("cell"));
    println!("tier {} ({:?})", found.tier, started.elapsed());
    for reason in &found.why {
        println!("not {reason}");
    }
    for sentence in found.promises.broken() {
        println!("here {sentence}");
    }
    Ok(())
}
