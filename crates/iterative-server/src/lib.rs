//! An echo server's service to one client, and what its command line says.
//!
//! The iterative server is this and a loop. The forking server has the same service done by a
//! process for each client, so it takes it from here.
//!
//! ```
//! use iterative_server::{Log, echo};
//! use sockets::{Listener, connect, rio};
//! use std::net::{Ipv4Addr, Shutdown, SocketAddr};
//!
//! let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
//! let client = connect("127.0.0.1", listener.local_addr()?.port())?;
//! rio::writen(&client, b"hello\nworld")?;
//! client.shutdown(Shutdown::Write)?;
//!
//! echo(&listener.accept()?, &mut [0; 1024], &mut Log::silent())?;
//!
//! let mut answer = [0; 11];
//! rio::readn(&client, &mut answer)?;
//! assert_eq!(&answer, b"hello\nworld");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod echo;
mod log;
mod options;

pub use echo::{BUFFER_SIZE, echo};
pub use log::{Log, complain};
pub use options::{Options, parse};
