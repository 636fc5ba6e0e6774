//! Robust input and output (Rio): reads and writes that end when they are done, not when the
//! kernel feels like it.
//!
//! `read` and `write` on a socket move as much as fits at the moment (a *short count*), and a
//! signal may interrupt them (`EINTR`). [`readn`] and [`writen`] go on until all is moved, the
//! stream ends, or a real error comes; they keep nothing between two calls. [`Reader`] keeps what it
//! has read too far, so use one `Reader` for the whole life of a descriptor, and nothing beside it
//! that reads. [`read`] is the plain call, proof against signals alone.
//!
//! They are for descriptors that block: on one that does not, an empty or full socket is the error
//! [`WouldBlock`](std::io::ErrorKind::WouldBlock).

mod reader;
mod unbuffered;

pub use reader::Reader;
pub use unbuffered::{read, readn, writen};
