//! A system call that failed. Given.

use std::fmt;

use nix::errno::Errno;

/// Which call failed, what it was applied to, and what the system says of it:
/// `bind 0.0.0.0:4321: Address already in use`.
#[derive(Debug)]
pub struct Failure {
    operation: &'static str,
    object: String,
    cause: Errno,
}

impl Failure {
    /// The failure of `operation` (a call's name) on `object` (an address, a
    /// descriptor).
    pub fn new(operation: &'static str, object: impl ToString, cause: Errno) -> Failure {
        Failure {
            operation,
            object: object.to_string(),
            cause,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure {
            operation,
            object,
            cause,
        } = self;
        write!(f, "{operation} {object}: {}", cause.desc())
    }
}
