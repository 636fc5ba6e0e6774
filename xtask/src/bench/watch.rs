//! From a save to the verdict in `cargo xtask watch`, against `cargo xtask check`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use grader::catalogue::Entry;
use grader::stop::{Stop, Stopped};

use super::edit::{Copy, time};
use super::figure::{Bound, Figure, Row, Spread, seconds};
use super::{progress, temporary};

/// How much more than `check` it may cost.
const BOUND: Bound = Bound::AtMost(1.2);

/// The first verdict comes behind a build.
const DEADLINE: Duration = Duration::from_secs(1800);

/// How often a wait looks whether the bench was stopped.
const LOOK: Duration = Duration::from_millis(100);

/// Measures it on a copy of the lab: nobody's own file is touched.
///
/// # Errors
///
/// The lab cannot be copied or built, does not pass the solution, or the bench was stopped.
pub fn measure(root: &Path, entry: &Entry, repetitions: usize, stop: &Stop) -> Result<Vec<Row>> {
    let folder = temporary()?;
    let copy = Copy::make(root, folder.path().join("lab"), entry)?;
    progress("building a copy of the lab; this takes a minute");
    copy.edit(0)?;
    copy.check(stop)?;
    // What `check` has judged is on record, and asks for nothing to be built.
    copy.edit(1)?;
    let watch = Watch::start(&copy, entry)?;
    watch.verdict(stop)?;

    let mut checked = Vec::new();
    let mut watched = Vec::new();
    for repetition in 0..repetitions {
        progress(&format!("save {} of {repetitions}", repetition + 1));
        // It sees this edit too, but only when `check` is done.
        watch.signal("-STOP")?;
        copy.edit(2 * repetition + 2)?;
        checked.push(time(|| copy.check(stop))?);
        watch.signal("-CONT")?;
        watch.verdict(stop)?;
        copy.edit(2 * repetition + 3)?;
        watched.push(time(|| watch.verdict(stop))?);
    }
    let figure = Spread::of(&watched)
        .zip(Spread::of(&checked))
        .map(|(ours, theirs)| Figure {
            what: format!("cargo xtask watch {}, from a save on", entry.number()),
            measured: seconds(ours.median),
            against: seconds(theirs.median),
            ratio: Spread::of_ratios(&watched, &checked),
            bound: Some(BOUND),
            note: format!("against cargo xtask check {}", entry.number()),
        });
    Ok(figure.map(Row::from).into_iter().collect())
}

/// A running `watch`, ended when it is dropped.
struct Watch {
    child: Child,
    /// What it says, line by line.
    said: Receiver<String>,
}

impl Watch {
    fn start(copy: &Copy<'_>, entry: &Entry) -> Result<Watch> {
        let mut child = copy
            .cargo()
            .args(["xtask", "watch", entry.number(), "--plain"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("start cargo xtask watch")?;
        let stdout = child.stdout.take();
        let stdout = stdout.ok_or_else(|| anyhow!("watch has no output"))?;
        let (tell, said) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Watch { child, said })
    }

    /// Waits until it has passed the program.
    fn verdict(&self, stop: &Stop) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < DEADLINE {
            match self.said.recv_timeout(LOOK) {
                Ok(line) if line.contains("Score 100/100") => return Ok(()),
                Ok(line) if line.contains("Score ") => bail!("watch fails the solution: {line}"),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) if stop.asked() => bail!(Stopped),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("watch has ended"),
            }
        }
        bail!("watch gave no verdict within {} s", DEADLINE.as_secs())
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .context("run kill")?;
        match status.success() {
            true => Ok(()),
            false => bail!("kill {signal}: {status}"),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for signal in ["-CONT", "-TERM"] {
            let _ = self.signal(signal);
        }
        let _ = self.child.wait();
    }
}
