//! How a program ends that cannot do its work: by its status, and by what it
//! says on standard error.

use predicates::function::function;

use crate::ended::Ended;
use crate::lab::Lab;
use crate::start::Start;
use crate::story::Outcome;

/// With these arguments the program ends with status 2, prints nothing, and
/// says something on standard error.
///
/// # Errors
///
/// It takes them, or does something else.
pub fn is_wrong_usage(lab: &mut Lab, program: &str, arguments: &[&str]) -> Outcome {
    is_refused(lab.program(program).args(arguments))
}

/// The same of a program with its arguments.
pub(crate) fn is_refused(start: Start<'_>) -> Outcome {
    let ended = start.run()?;
    ended.exited(2)?;
    ended.stdout_is(b"")?;
    ended.stderr_matches(
        "there is a usage line on standard error",
        &function(|text: &str| !text.trim().is_empty()),
    )
}

/// Each of these is wrong usage.
///
/// # Errors
///
/// As [`is_wrong_usage`].
pub fn are_wrong_usage(lab: &mut Lab, program: &str, wrong: &[&[&str]]) -> Outcome {
    lab.repeat(wrong.len(), "wrong arguments were given", |lab, round| {
        is_wrong_usage(lab, program, wrong[round])
    })
}

/// A name or a service is unknown: status 3, nothing on standard output, and a
/// message on standard error.
///
/// # Errors
///
/// One of them is otherwise.
pub fn is_unknown(ended: &Ended) -> Outcome {
    ended.exited(3)?;
    ended.stderr_matches(
        "on standard error is a message",
        &function(|text: &str| !text.trim().is_empty()),
    )?;
    ended.stdout_is(b"")
}

/// A system call failed: status 1, nothing on standard output, and the
/// system's own text on standard error.
///
/// # Errors
///
/// One of them is otherwise.
pub fn is_failed_call(ended: &Ended, text: &str) -> Outcome {
    ended.exited(1)?;
    has_system_text(ended, text)?;
    ended.stdout_is(b"")
}

/// What a program has printed whose input failed behind these bytes: whether it prints
/// what came before the error is open.
///
/// # Errors
///
/// Something else is there.
pub fn printed_only_what_came(lab: &Lab, ended: &Ended, input: &[u8]) -> Outcome {
    lab.require(
        input.starts_with(&ended.stdout),
        "on standard output there is nothing but what came",
        "Something else is there.",
    )
}

/// The system's own text is on standard error. Some languages write these
/// texts in small letters.
///
/// # Errors
///
/// It is not there.
pub fn has_system_text(ended: &Ended, text: &str) -> Outcome {
    ended.stderr_matches(
        &format!("its message contains the system's text `{text}`"),
        &function(|said: &str| said.to_lowercase().contains(&text.to_lowercase())),
    )
}
