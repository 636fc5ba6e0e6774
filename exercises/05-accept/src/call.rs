//! Two calls as plain functions: nix's `accept` leaves out the client's
//! address, and `getnameinfo` is not among its calls. Given.

use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddrV4};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{SockaddrIn, SockaddrLike};

/// `accept(2)`, called once: the first connection of the listening socket's
/// queue, and the address of its client.
///
/// # Errors
///
/// Those of the call, whatever they mean: EINTR when a signal came first,
/// ECONNABORTED when the system noticed that the client is gone, EMFILE …
pub fn accept(listener: &OwnedFd) -> Result<(OwnedFd, SocketAddrV4), Errno> {
    let mut address = MaybeUninit::<libc::sockaddr_in>::zeroed();
    // Told to the call: how much room there is. Told by it: how much it took.
    let mut length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
    // SAFETY: `address` has room for `length` bytes, and both outlive the call.
    let fd = unsafe {
        libc::accept(
            listener.as_raw_fd(),
            address.as_mut_ptr().cast(),
            &mut length,
        )
    };
    let fd = Errno::result(fd)?;
    // SAFETY: the kernel has just made this descriptor, for nobody else.
    let connection = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: the kernel wrote `length` bytes of an address.
    let address = unsafe { SockaddrIn::from_raw(address.as_ptr().cast(), Some(length)) };
    match address {
        Some(address) => Ok((connection, SocketAddrV4::from(address))),
        // Some systems give no address for a client that is gone.
        None => Err(Errno::ECONNABORTED),
    }
}

/// The name of a host, or its address where it has none: `resolve -r` of
/// exercise 01, by `getnameinfo(3)`.
pub fn name_of(address: impl Into<IpAddr>) -> String {
    let address = address.into();
    dns_lookup::lookup_addr(&address).unwrap_or_else(|_| address.to_string())
}
