//! `watch` with a judge that only plays, for the tests of the terminal: what is in
//! the source says what it comes to. `rehearsal LAB [--plain]`

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{ExitCode, id};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use grader::catalogue::Catalogue;
use grader::report::ExerciseResult;
use grader::stop::Stopped;
use watch::judge::{Engine, Order, Told};

#[path = "../src/fixture.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod fixture;

/// How often it looks whether it was asked to stop.
const LOOK: Duration = Duration::from_millis(10);

/// Reads the source for a verdict.
struct Rehearsal(Catalogue);

impl Engine for Rehearsal {
    fn judge(&mut self, order: &Order, tell: &(dyn Fn(Told) + Sync)) -> Result<ExerciseResult> {
        let Rehearsal(course) = self;
        fs::write(course.root.join("pid"), id().to_string()).context("pid")?;
        let source = course.entries[order.at].folder.join("src/main.rs");
        let text = fs::read_to_string(source).context("the source")?;
        tell(Told::Judging);
        let mut words = text.split_whitespace().filter(|word| *word != "//");
        match words.next() {
            Some("broken") => return Ok(fixture::broken(course, order.at)),
            Some("panic") => panic!("the judge panics on purpose"),
            Some("trouble") => bail!("the lab does not build; see above"),
            Some("says") => eprintln!("a word of cargo's"),
            Some("wait") => loop {
                if order.stop.asked() {
                    bail!(Stopped);
                }
                thread::park_timeout(LOOK);
            },
            _ => {}
        }
        let failed: Vec<&str> = words.collect();
        let result = fixture::failed(course, order.at, &failed);
        for check in &result.checks {
            tell(Told::Checked(check.clone()));
        }
        Ok(result)
    }
}

fn main() -> Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let root = PathBuf::from(arguments.next().context("name a lab")?);
    let catalogue = Catalogue::load(&root)?;
    let settings = watch::Settings {
        catalogue: catalogue.clone(),
        at: 0,
        plain: arguments.next().is_some(),
        by_hand: Some(vec!["sh".into(), root.join("try").display().to_string()]),
    };
    watch::run(settings, Box::new(Rehearsal(catalogue)))
}
