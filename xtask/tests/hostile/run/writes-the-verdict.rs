//! Writes a passing verdict wherever it can: the judge's story, the lab's
//! programs, every mounted folder that is not its own.

use std::fs;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    let verdict = r#"{"verdict":"passed","story":""}"#;
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut places: Vec<String> = mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(String::from)
        .collect();
    for more in [
        "/",
        "/lab",
        "/lab/story",
        "/lab/out",
        "/lab/output",
        "/tmp",
        "/var/tmp",
        "/run",
        "/etc",
        "@REPO@",
        "@TARGET@/lab",
    ] {
        places.push(more.into());
    }
    if let Some(scratch) = std::env::var_os("HOME") {
        places.push(format!("{}/../story", scratch.to_string_lossy()));
    }
    // Its own: the scratch folder, devices, which keep nothing, and what a cell has for
    // temporary files, in which nobody else has anything.
    let home = std::env::var("HOME").unwrap_or_default();
    let empty = |place: &str| fs::read_dir(place).is_ok_and(|mut all| all.next().is_none());
    let temporary = ["/tmp", "/var/tmp"].map(|place| (place, empty(place)));
    let own = |place: &&String| {
        let is_own = |(one, empty): &(&str, bool)| *empty && one == place;
        **place == home || place.starts_with("/dev/") || temporary.iter().any(is_own)
    };
    for place in places.iter().filter(|place| !own(place)) {
        for path in [place.clone(), format!("{place}/story.json")] {
            loot.attempt(
                path.clone(),
                !path.starts_with("/proc") && fs::write(&path, verdict).is_ok(),
            );
        }
        loot.attempt(
            format!("rename in {place}"),
            fs::rename(format!("{place}/story.json"), "stolen").is_ok(),
        );
    }
    let told = std::env::var("LAB_STORY").is_ok() || std::env::var("LAB_SEED").is_ok();
    loot.attempt("see the lab's variables", told);
    for program in [
        "/lab/checks",
        "/lab/jail",
        "/lab/bin/echo-iterative",
        "/proc/self/exe",
    ] {
        loot.attempt(
            program,
            fs::OpenOptions::new().write(true).open(program).is_ok(),
        );
        loot.attempt(
            format!("remove {program}"),
            fs::remove_file(program).is_ok(),
        );
    }
    loot.tell();
    Ok(())
}
