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
    todo!("the family in this machine's order, port and address in network order, and zeros")
}

/// The address and the port that the structure holds.
pub fn decode(bytes: &[u8]) -> Result<SocketAddrV4, String> {
    todo!("an error for another size or another family, else the address and the port")
}
