//! The service: every byte comes back.

use crate::Log;
use sockets::{Connection, Error, Result, rio};

/// A good size for [`echo`]'s buffer, in bytes.
///
/// Big enough for a bulk transfer to need few calls, and for the allocator to take it from the
/// system as untouched pages, which cost a forked process nothing until it uses them.
pub const BUFFER_SIZE: usize = 128 * 1024;

/// Sends back what the client sends, until it ends its sending side; each line is counted in `log`.
///
/// What has come is echoed at once, a line or a piece of one: so no line is too long, none waits
/// for the next, and memory is `buffer` alone. The lecture's `echo` reads line by line; the client
/// sees the same bytes.
///
/// # Errors
///
/// Reading or writing failed: the client has vanished. That is the end of its connection alone.
///
/// # Panics
///
/// When `buffer` is empty: reading into it would look like the end of the stream.
///
/// ```
/// # use iterative_server::{BUFFER_SIZE, Log, echo};
/// # use sockets::{Listener, connect, rio};
/// # use std::net::{Ipv4Addr, Shutdown, SocketAddr};
/// # let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
/// # let client = connect("127.0.0.1", listener.local_addr()?.port())?;
/// rio::writen(&client, b"one\ntwo")?;
/// client.shutdown(Shutdown::Write)?; // else the server would wait for more
///
/// let mut log = Log::silent();
/// echo(&listener.accept()?, &mut [0; BUFFER_SIZE], &mut log)?;
/// # let mut answer = [0; 7];
/// assert_eq!(rio::readn(&client, &mut answer)?, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn echo(connection: &Connection, buffer: &mut [u8], log: &mut Log) -> Result<()> {
    assert!(!buffer.is_empty(), "an empty buffer");
    let failed = |operation| {
        move |cause| {
            let peer = connection.peer_addr();
            let peer = peer.map_or_else(|_| "client".to_owned(), |peer| peer.to_string());
            Error::call(operation, peer, cause)
        }
    };
    let served = loop {
        match rio::read(connection, buffer).map_err(failed("read")) {
            Ok(0) => break Ok(()),
            Ok(count) => {
                log.received(&buffer[..count]);
                if let Err(error) = rio::writen(connection, &buffer[..count]) {
                    break Err(failed("write")(error));
                }
            }
            Err(error) => break Err(error),
        }
    };
    log.end_of_stream();
    served
}
