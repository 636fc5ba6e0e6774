//! Socket addresses as the kernel takes them: the bytes of `sockaddr_in` and `sockaddr_in6`.
//!
//! The family is a number of this machine, in its own order; port and address are in network
//! order, whatever the machine is (`man 7 ip`, `man 7 ipv6`). On macOS and the BSDs the first byte
//! is the structure's length.
//!
//! ```
//! use sockets::sockaddr;
//!
//! let address = "10.0.0.1:4321".parse().unwrap();
//! let bytes = sockaddr::to_bytes(address);
//! assert_eq!(bytes.len(), 16);
//! assert_eq!(bytes[2..8], [0x10, 0xe1, 10, 0, 0, 1]);
//! assert_eq!(sockaddr::from_bytes(&bytes)?, address);
//! # Ok::<(), sockaddr::BadSockaddr>(())
//! ```

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// The size of `sockaddr_in`, in bytes.
///
/// ```
/// assert_eq!(sockets::sockaddr::V4_SIZE, size_of::<libc::sockaddr_in>());
/// ```
pub const V4_SIZE: usize = 16;

/// The size of `sockaddr_in6`, in bytes.
///
/// ```
/// assert_eq!(sockets::sockaddr::V6_SIZE, size_of::<libc::sockaddr_in6>());
/// ```
pub const V6_SIZE: usize = 28;

/// Bytes that are no IPv4 or IPv6 socket address.
///
/// ```
/// use sockets::sockaddr::{BadSockaddr, from_bytes, to_bytes};
///
/// let bytes = to_bytes("10.0.0.1:4321".parse().unwrap());
/// assert_eq!(from_bytes(&bytes[..15]), Err(BadSockaddr::Length { expected: 16, found: 15 }));
/// assert_eq!(from_bytes(&[0xff; 16]).unwrap_err().to_string().split(' ').next(), Some("family"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadSockaddr {
    /// Neither `AF_INET` nor `AF_INET6`.
    Family(u16),
    /// Not the size of the family's structure (or, with fewer than two bytes, no family at all).
    Length {
        /// The structure's size, in bytes.
        expected: usize,
        /// How many bytes there were.
        found: usize,
    },
}

impl fmt::Display for BadSockaddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadSockaddr::Family(family) => write!(f, "family {family} is neither IPv4 nor IPv6"),
            BadSockaddr::Length { expected, found } => {
                write!(f, "{expected} bytes expected, {found} found")
            }
        }
    }
}

impl std::error::Error for BadSockaddr {}

/// The bytes of `address`: 16 for IPv4, 28 for IPv6.
///
/// ```
/// let address = "[::1]:80".parse().unwrap();
/// let bytes = sockets::sockaddr::to_bytes(address);
/// assert_eq!(bytes.len(), 28);
/// assert_eq!(bytes[2..4], [0, 80]);
/// assert_eq!(bytes[8..24], std::net::Ipv6Addr::LOCALHOST.octets());
/// ```
pub fn to_bytes(address: SocketAddr) -> Vec<u8> {
    match address {
        SocketAddr::V4(address) => v4_to_bytes(address).to_vec(),
        SocketAddr::V6(address) => v6_to_bytes(address).to_vec(),
    }
}

/// The bytes of a `sockaddr_in`: family, port, address, eight bytes of zero.
///
/// ```
/// let bytes = sockets::sockaddr::v4_to_bytes("127.0.0.1:4321".parse().unwrap());
/// # #[cfg(all(target_os = "linux", target_endian = "little"))]
/// assert_eq!(bytes, [2, 0, 0x10, 0xe1, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
/// ```
pub fn v4_to_bytes(address: SocketAddrV4) -> [u8; V4_SIZE] {
    let mut bytes = [0; V4_SIZE];
    bytes[..2].copy_from_slice(&head(libc::AF_INET, V4_SIZE));
    bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
    bytes[4..8].copy_from_slice(&address.ip().octets());
    bytes
}

/// The bytes of a `sockaddr_in6`: family, port, flow information, address, interface.
///
/// Rust keeps the flow information as the kernel has it, so those four bytes are in no order of
/// ours; the interface's number is in this machine's.
///
/// ```
/// let bytes = sockets::sockaddr::v6_to_bytes("[fe80::1%7]:4321".parse().unwrap());
/// assert_eq!(bytes[24..], 7_u32.to_ne_bytes());
/// ```
pub fn v6_to_bytes(address: SocketAddrV6) -> [u8; V6_SIZE] {
    let mut bytes = [0; V6_SIZE];
    bytes[..2].copy_from_slice(&head(libc::AF_INET6, V6_SIZE));
    bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
    bytes[4..8].copy_from_slice(&address.flowinfo().to_ne_bytes());
    bytes[8..24].copy_from_slice(&address.ip().octets());
    bytes[24..].copy_from_slice(&address.scope_id().to_ne_bytes());
    bytes
}

/// The address that `bytes` are.
///
/// The last eight bytes of a `sockaddr_in` are not looked at: neither does the kernel.
///
/// # Errors
///
/// [`BadSockaddr`] for another family or another length.
///
/// ```
/// use sockets::sockaddr::{from_bytes, to_bytes};
///
/// let address = "[2001:db8::7]:4321".parse().unwrap();
/// assert_eq!(from_bytes(&to_bytes(address)), Ok(address));
/// ```
pub fn from_bytes(bytes: &[u8]) -> Result<SocketAddr, BadSockaddr> {
    let wrong_length = |expected| BadSockaddr::Length {
        expected,
        found: bytes.len(),
    };
    let first: [u8; 2] = first(bytes, 0).ok_or(wrong_length(2))?;
    let family = family(first);
    let expected = match i32::from(family) {
        libc::AF_INET => V4_SIZE,
        libc::AF_INET6 => V6_SIZE,
        _ => return Err(BadSockaddr::Family(family)),
    };
    if bytes.len() != expected {
        return Err(wrong_length(expected));
    }
    let parsed = if expected == V4_SIZE {
        v4_from_bytes(bytes)
    } else {
        v6_from_bytes(bytes)
    };
    parsed.ok_or(wrong_length(expected))
}

fn v4_from_bytes(bytes: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(first(bytes, 2)?);
    let ip = Ipv4Addr::from(first::<4>(bytes, 4)?);
    Some(SocketAddrV4::new(ip, port).into())
}

fn v6_from_bytes(bytes: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(first(bytes, 2)?);
    let flow = u32::from_ne_bytes(first(bytes, 4)?);
    let ip = Ipv6Addr::from(first::<16>(bytes, 8)?);
    let interface = u32::from_ne_bytes(first(bytes, 24)?);
    Some(SocketAddrV6::new(ip, port, flow, interface).into())
}

/// The first `N` bytes from `at` on.
fn first<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn head(family: i32, _size: usize) -> [u8; 2] {
    (family as u16).to_ne_bytes()
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn family(head: [u8; 2]) -> u16 {
    u16::from_ne_bytes(head)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn head(family: i32, size: usize) -> [u8; 2] {
    [size as u8, family as u8]
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn family(head: [u8; 2]) -> u16 {
    u16::from(head[1])
}
