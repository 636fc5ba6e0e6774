//! What went wrong: the operation, its object, the cause.

use std::{fmt, io};

/// The result of an operation of this library.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed operation: what was tried, on what, and why it failed.
///
/// Its text is one line, ready to be printed, with the system's own words at the end:
///
/// ```
/// let error = sockets::Error::call(
///     "bind",
///     "0.0.0.0:4321",
///     std::io::Error::from_raw_os_error(libc::EADDRINUSE),
/// );
/// assert_eq!(error.to_string(), "bind 0.0.0.0:4321: Address already in use");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A system call failed.
    Call {
        /// The call, as its manual page is called: `bind`, `accept`.
        operation: &'static str,
        /// What it was applied to: an address, a name, a file.
        object: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A name, an address or a service could not be resolved.
    Resolve {
        /// What was looked up.
        object: String,
        /// The resolver's own text (`man 3 gai_strerror`).
        reason: String,
    },
}

impl Error {
    /// An error of `operation` on `object`.
    ///
    /// ```
    /// # use sockets::Error;
    /// let error = Error::call("read", "ada:4321", std::io::ErrorKind::UnexpectedEof.into());
    /// assert_eq!(error.to_string(), "read ada:4321: unexpected end of file");
    /// ```
    pub fn call(operation: &'static str, object: impl fmt::Display, source: io::Error) -> Self {
        Error::Call {
            operation,
            object: object.to_string(),
            source,
        }
    }

    pub(crate) fn resolve(object: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Error::Resolve {
            object: object.to_string(),
            reason: reason.to_string(),
        }
    }

    /// True when a name or a service could not be resolved; false when a system call failed.
    ///
    /// Programs tell the two apart by their exit status (3 and 1).
    ///
    /// ```
    /// let error = sockets::connect("host.invalid", 4321).unwrap_err();
    /// assert!(error.is_resolution());
    /// ```
    pub fn is_resolution(&self) -> bool {
        matches!(self, Error::Resolve { .. })
    }

    /// The number of the system's error (`man 3 errno`), where there is one.
    ///
    /// ```
    /// # use sockets::Error;
    /// let refused = std::io::Error::from_raw_os_error(libc::ECONNREFUSED);
    /// assert_eq!(Error::call("connect", "[::1]:1", refused).errno(), Some(libc::ECONNREFUSED));
    /// ```
    pub fn errno(&self) -> Option<i32> {
        match self {
            Error::Call { source, .. } => source.raw_os_error(),
            Error::Resolve { .. } => None,
        }
    }

    /// True when a signal interrupted the call (`EINTR`).
    ///
    /// ```
    /// # use sockets::Error;
    /// let interrupted = std::io::Error::from_raw_os_error(libc::EINTR);
    /// assert!(Error::call("accept", "0.0.0.0:4321", interrupted).is_interrupted());
    /// ```
    pub fn is_interrupted(&self) -> bool {
        self.errno() == Some(libc::EINTR)
    }

    /// True when a call that must not wait would have had to (`EAGAIN`).
    ///
    /// ```
    /// # use sockets::Listener;
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1)?;
    /// listener.set_nonblocking(true)?;
    /// assert!(listener.accept().unwrap_err().is_would_block());
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn is_would_block(&self) -> bool {
        matches!(self, Error::Call { source, .. } if source.kind() == io::ErrorKind::WouldBlock)
    }

    /// True when the process or the system has run out of descriptors or memory (`EMFILE`,
    /// `ENFILE`, `ENOBUFS`, `ENOMEM`): see [`Listener::accept`](crate::Listener::accept) for what a
    /// server does then.
    ///
    /// ```
    /// # use sockets::Error;
    /// let full = std::io::Error::from_raw_os_error(libc::EMFILE);
    /// assert!(Error::call("accept", "0.0.0.0:4321", full).is_exhausted());
    /// ```
    pub fn is_exhausted(&self) -> bool {
        matches!(
            self.errno(),
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Call {
                operation,
                object,
                source,
            } => write!(f, "{operation} {object}: {}", system_text(source)),
            Error::Resolve { object, reason } => write!(f, "resolve {object}: {reason}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Call { source, .. } => Some(source),
            Error::Resolve { .. } => None,
        }
    }
}

/// The text of `strerror`: std adds the number, which says nothing to a reader.
pub(crate) fn system_text(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(number) = error.raw_os_error() {
        if let Some(bare) = text.strip_suffix(&format!(" (os error {number})")) {
            text = bare.to_owned();
        }
    }
    text
}
