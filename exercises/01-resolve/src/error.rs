//! Why there is no answer. This file is given.

use dns_lookup::LookupError;

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
    /// What was asked makes no sense: a sentence that says why.
    WrongUsage(String),
    /// The resolver knows no such name, or no such service.
    Unknown {
        /// The name or the service.
        what: String,
        /// What the resolver said.
        why: String,
    },
}

impl Error {
    /// The resolver's answer that there is no `what`.
    pub fn unknown(what: &str, error: LookupError) -> Error {
        // "failed to lookup address information: Name or service not known"
        let text = std::io::Error::from(error).to_string();
        let why = text.rsplit(": ").next().unwrap_or_default();
        Error::Unknown {
            what: what.to_owned(),
            why: why.to_owned(),
        }
    }
}
