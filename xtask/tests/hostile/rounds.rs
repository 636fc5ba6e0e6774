//! The solutions, over and over, on a machine that has no processor to spare.

use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

use serde_json::Value;

use crate::results::Report;
use crate::{alone, repository};

/// A process that uses a processor all the time.
struct Busy(Child);

impl Busy {
    fn start() -> Busy {
        let child = Command::new("/bin/sh")
            .args(["-c", "while :; do :; done"])
            .stdin(Stdio::null())
            .spawn();
        Busy(child.unwrap())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every verdict, by submission, exercise and check.
fn verdicts(report: &Report) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut verdicts = Vec::new();
    for exercise in report.0["submissions"][0]["exercises"].as_array().unwrap() {
        for check in exercise["checks"].as_array().unwrap() {
            let [id, name, verdict] =
                [&exercise["id"], &check["name"], &check["verdict"]].map(text);
            verdicts.push(format!("{id} {name} {verdict}"));
        }
    }
    verdicts
}

#[test]
fn rounds_under_load_give_the_same_verdicts() {
    let _alone = alone();
    // Asked for by name, it is the whole course; else an exercise of it.
    let asked = std::env::var("LAB_ROUNDS").ok();
    let rounds: usize = asked.as_ref().map_or(2, |text| text.parse().unwrap());
    let only: &[&str] = match asked {
        Some(_) => &[],
        None => &["--only", "10"],
    };
    let processors = available_parallelism().map_or(2, usize::from);
    let _busy: Vec<Busy> = (0..processors).map(|_| Busy::start()).collect();
    let mut different = Vec::new();
    for round in 1..=rounds {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(repository())
            .args(["grade", "--solutions", "--format", "json"])
            .args(only)
            .output()
            .unwrap();
        let report = Report::read(&output.stdout, &String::from_utf8_lossy(&output.stderr));
        let verdicts = verdicts(&report);
        assert!(verdicts.len() > 20, "{verdicts:?}");
        let wrong: Vec<_> = verdicts
            .into_iter()
            .filter(|verdict| !verdict.ends_with(" passed"))
            .collect();
        if rounds > 2 {
            println!("round {round}: {} verdicts differ", wrong.len());
        }
        if !wrong.is_empty() {
            different.push(format!("round {round}: {wrong:?}\n{:#}", report.0));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
