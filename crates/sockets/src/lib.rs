//! TCP sockets as the lecture names them, on nix and owned descriptors.
//!
//! A server is [`Listener::bind`] (`socket`, `bind`, `listen`), [`Listener::accept`], reads and
//! writes on the [`Connection`], and its end: dropping it is `close`. A client is [`connect()`].
//! [`rio`] reads and writes whatever the kernel's counts are, [`framing`] makes messages out of the
//! stream, [`wire`] and [`sockaddr`] give the bytes of numbers and addresses, [`resolve`] the
//! addresses of names, and [`table`] shows the sockets that the kernel has.
//!
//! A type stands for a step that has been done: a `Listener` listens, a `Connection` is connected.
//! What closes is an [`OwnedFd`](std::os::fd::OwnedFd), so nothing leaks; every descriptor has the
//! close-on-exec flag from its birth where the system can do that. Every failure is an [`Error`]
//! that names the operation, what it was applied to, and the system's own text.
//!
//! ```
//! use sockets::{Listener, connect, rio};
//! use std::net::{Ipv4Addr, Shutdown, SocketAddr};
//!
//! // The server: port 0 lets the kernel choose one.
//! let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
//! // The client: the connection completes in the listener's queue, before anyone accepts it.
//! let client = connect("127.0.0.1", listener.local_addr()?.port())?;
//! let server = listener.accept()?;
//!
//! rio::writen(&client, b"hello\n")?;
//! client.shutdown(Shutdown::Write)?;
//!
//! let mut line = Vec::new();
//! let mut reader = rio::Reader::new(&server);
//! assert_eq!(reader.read_line(1024, &mut line)?, 6);
//! assert_eq!(line, b"hello\n");
//! assert_eq!(reader.read_line(1024, &mut line)?, 0); // the end of the stream
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod connect;
mod connection;
mod error;
pub mod framing;
mod listener;
pub mod resolve;
pub mod rio;
pub mod sockaddr;
mod sys;
pub mod table;
pub mod wire;

pub use connect::{connect, connect_from, connect_to};
pub use connection::Connection;
pub use error::{Error, Result};
pub use listener::Listener;
