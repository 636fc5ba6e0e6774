//! A program that has ended: with which status, and what it had said.

use std::process::ExitStatus;
use std::sync::Arc;

use predicates::Predicate;

use crate::bytes;
use crate::running::describe_end;
use crate::scene::Scene;
use crate::story::Outcome;

/// A program that has ended.
#[derive(Clone)]
pub struct Ended {
    scene: Arc<Scene>,
    status: ExitStatus,
    /// All that it printed.
    pub stdout: Vec<u8>,
    /// All that it said on standard error.
    pub stderr: String,
}

impl Ended {
    pub(crate) fn new(
        scene: &Arc<Scene>,
        status: ExitStatus,
        stdout: Vec<u8>,
        stderr: String,
    ) -> Ended {
        Ended {
            scene: Arc::clone(scene),
            status,
            stdout,
            stderr,
        }
    }

    /// The exit status, none when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.status)
    }

    /// It ended with this status.
    ///
    /// # Errors
    ///
    /// With another, or by a signal.
    pub fn exited(&self, code: i32) -> Outcome {
        if self.code() == Some(code) {
            return Ok(());
        }
        Err(self.scene.wrong(
            format!("it ends with status {code}"),
            vec![format!("It {}.", describe_end(self.status))],
        ))
    }

    /// It printed exactly this.
    ///
    /// # Errors
    ///
    /// It printed something else.
    pub fn stdout_is(&self, expected: &[u8]) -> Outcome {
        if self.stdout == expected {
            return Ok(());
        }
        let mut seen = Vec::new();
        if self.stdout.is_empty() {
            seen.push("It printed nothing.".to_string());
        } else if expected.is_empty() {
            seen.push(format!("It printed {}.", bytes::show(&self.stdout)));
        } else {
            seen.extend(bytes::difference(expected, &self.stdout));
        }
        Err(self.scene.wrong(
            match expected {
                [] => "on standard output there is nothing".to_string(),
                _ => format!(
                    "on standard output there is {}, and no more",
                    bytes::show(expected)
                ),
            },
            seen,
        ))
    }

    /// What it said on standard error satisfies a predicate; `expected` says
    /// it in a sentence.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn stderr_matches(&self, expected: &str, predicate: &impl Predicate<str>) -> Outcome {
        if predicate.eval(&self.stderr) {
            return Ok(());
        }
        let seen = if self.stderr.is_empty() {
            "Its standard error is empty.".to_string()
        } else {
            "Its standard error says something else.".to_string()
        };
        Err(self.scene.wrong(expected, vec![seen]))
    }
}
