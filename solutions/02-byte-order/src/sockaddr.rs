//! `struct sockaddr_in`, the form in which Linux is given an IPv4 address and a
//! port (`man 7 ip`).

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::wire::{from_network, to_network};

/// The family of IPv4 addresses.
const AF_INET: u16 = 2;

/// The size of the structure, in bytes.
const SIZE: usize = 16;

/// The bytes of the structure for this address and port.
pub fn encode(address: SocketAddrV4) -> [u8; SIZE] {
    // <student: the family in this machine's order, port and address in network order, and zeros>
    let mut bytes = [0; SIZE];
    bytes[..2].copy_from_slice(&AF_INET.to_ne_bytes());
    bytes[2..4].copy_from_slice(&to_network(address.port().into(), 2));
    bytes[4..8].copy_from_slice(&address.ip().octets());
    bytes
    // </student>
}

/// The address and the port that the structure holds.
pub fn decode(bytes: &[u8]) -> Result<SocketAddrV4, String> {
    // <student: an error for another size or another family, else the address and the port>
    if bytes.len() != SIZE {
        return Err(format!("a sockaddr_in has {SIZE} bytes"));
    }
    let family = u16::from_ne_bytes([bytes[0], bytes[1]]);
    if family != AF_INET {
        return Err(format!("family {family} is not AF_INET"));
    }
    let port = from_network(&bytes[2..4]) as u16;
    let ip = Ipv4Addr::new(bytes[4], bytes[5], bytes[6], bytes[7]);
    Ok(SocketAddrV4::new(ip, port))
    // </student>
}
