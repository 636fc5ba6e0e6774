//! The few calls for which nix has no function that fits.

use nix::sys::socket::{SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage};
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// `accept(2)` once, with the peer's address from the same call: `getpeername` would fail for a
/// peer that has reset the connection meanwhile.
///
/// nix's `accept4` gives the descriptor alone.
pub fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, Option<SocketAddr>)> {
    let mut address = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `address` has room for `length` bytes, and both live until the call returns.
    let raw = unsafe {
        accept_cloexec(
            listener.as_raw_fd(),
            address.as_mut_ptr().cast(),
            &mut length,
        )
    };
    if raw < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, for nobody else.
    let fd = unsafe { OwnedFd::from_raw_fd(raw) };
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    set_flags_after_accept(&fd)?;
    // SAFETY: `address` was zeroed, and the kernel wrote at most `length` bytes of a `sockaddr`.
    let peer = unsafe { SockaddrStorage::from_raw(address.as_ptr().cast(), Some(length)) };
    Ok((fd, peer.as_ref().and_then(to_std)))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
unsafe fn accept_cloexec(
    fd: libc::c_int,
    address: *mut libc::sockaddr,
    length: *mut libc::socklen_t,
) -> libc::c_int {
    // SAFETY: the caller's promise.
    unsafe { libc::accept4(fd, address, length, libc::SOCK_CLOEXEC) }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
unsafe fn accept_cloexec(
    fd: libc::c_int,
    address: *mut libc::sockaddr,
    length: *mut libc::socklen_t,
) -> libc::c_int {
    // SAFETY: the caller's promise.
    unsafe { libc::accept(fd, address, length) }
}

/// Where there is no `accept4`: close-on-exec a moment late, and without the `O_NONBLOCK` that the
/// new socket has there from its listener.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn set_flags_after_accept(fd: &OwnedFd) -> io::Result<()> {
    set_cloexec(fd)?;
    set_nonblocking(fd, false)
}

/// A TCP socket of the family of `address`, close-on-exec.
pub fn tcp_socket(address: &SocketAddr) -> io::Result<OwnedFd> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    let fd = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let fd = {
        let fd = socket(family, SockType::Stream, SockFlag::empty(), None)?;
        set_cloexec(&fd)?;
        fd
    };
    Ok(fd)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn set_cloexec(fd: &OwnedFd) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(())
}

/// Sets or clears `O_NONBLOCK`.
pub fn set_nonblocking(fd: &OwnedFd, on: bool) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let mut flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    flags.set(OFlag::O_NONBLOCK, on);
    fcntl(fd, FcntlArg::F_SETFL(flags))?;
    Ok(())
}

/// The structure of the address's own family. (A `SockaddrStorage` would say the size of the biggest
/// one, which not every system takes.)
pub fn to_nix(address: &SocketAddr) -> Box<dyn SockaddrLike> {
    match address {
        SocketAddr::V4(v4) => Box::new(SockaddrIn::from(*v4)),
        SocketAddr::V6(v6) => Box::new(SockaddrIn6::from(*v6)),
    }
}

/// The address of a socket as std has it; nothing for another family than IPv4 and IPv6.
pub fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddr::V4(SocketAddrV4::from(*v4)));
    }
    let v6 = address.as_sockaddr_in6()?;
    Some(canonical(SocketAddr::V6(SocketAddrV6::from(*v6))))
}

/// An IPv4-mapped IPv6 address (`::ffff:1.2.3.4`: an IPv4 peer on a socket that takes both) as the
/// IPv4 address that it is.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::from((ip, address.port())),
        IpAddr::V6(_) => address,
    }
}

/// `bind(2)`.
pub fn bind(fd: &OwnedFd, address: &SocketAddr) -> io::Result<()> {
    Ok(nix::sys::socket::bind(fd.as_raw_fd(), &*to_nix(address))?)
}

/// `listen(2)`. nix's `Backlog` refuses numbers that the kernel takes (it cuts them at its limit).
pub fn listen(fd: &OwnedFd, backlog: i32) -> io::Result<()> {
    // SAFETY: takes no pointer.
    match unsafe { libc::listen(fd.as_raw_fd(), backlog) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// `getsockname(2)`.
pub fn local_addr(fd: &OwnedFd) -> io::Result<SocketAddr> {
    let address: SockaddrStorage = nix::sys::socket::getsockname(fd.as_raw_fd())?;
    to_std(&address).ok_or_else(|| io::Error::from_raw_os_error(libc::EAFNOSUPPORT))
}

/// `getpeername(2)`.
pub fn peer_addr(fd: &OwnedFd) -> io::Result<SocketAddr> {
    let address: SockaddrStorage = nix::sys::socket::getpeername(fd.as_raw_fd())?;
    to_std(&address).ok_or_else(|| io::Error::from_raw_os_error(libc::EAFNOSUPPORT))
}

/// How a message names a socket whose address may be unknown.
pub fn name(address: Option<SocketAddr>) -> String {
    address.map_or_else(|| "socket".to_owned(), |address| address.to_string())
}

/// Errors that concern one connection that never came to be. `man 2 accept` (under "Error
/// handling"): Linux passes network errors that were pending on the new socket as errors of
/// `accept`, and a server should treat them by trying again.
pub fn is_transient(error: &io::Error) -> bool {
    let Some(number) = error.raw_os_error() else {
        return false;
    };
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if number == libc::ENONET {
        return true;
    }
    matches!(
        number,
        libc::ECONNABORTED
            | libc::ENETDOWN
            | libc::EPROTO
            | libc::ENOPROTOOPT
            | libc::EHOSTDOWN
            | libc::EHOSTUNREACH
            | libc::EOPNOTSUPP
            | libc::ENETUNREACH
    )
}
