//! Why there is no update: something is not as it must be, and nothing was changed.

use std::fmt;

/// One line that says what is in the way, and what to do.
#[derive(Debug)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Ends with a [`Refusal`].
macro_rules! refuse {
    ($($argument:tt)*) => {
        return Err($crate::update::Refusal(format!($($argument)*)).into())
    };
}

pub(crate) use refuse;
