//! Looks for a way out of its network: other machines, the machine's own
//! services, Unix sockets, raw packets.

use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    let name = "@MARK@";
    {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;
        let address = SocketAddr::from_abstract_name(name).unwrap();
        loot.attempt(
            "the machine's abstract socket",
            UnixStream::connect_addr(&address).is_ok(),
        );
    }
    for path in [
        "@SOCKET@",
        "/run/systemd/private",
        "/run/docker.sock",
        "/var/run/docker.sock",
        "/run/dbus/system_bus_socket",
        "/nix/var/nix/daemon-socket/socket",
    ] {
        loot.attempt(path, UnixStream::connect(path).is_ok());
    }
    loot.attempt(
        "a Unix socket of its own",
        UnixListener::bind("own.socket").is_ok(),
    );
    // Packet, raw, vsock, Bluetooth, kernel crypto, CAN, XDP.
    for family in [17, 40, 31, 38, 29, 44] {
        // SAFETY: takes numbers.
        loot.attempt(
            format!("family {family}"),
            unsafe { c::socket(family, 3, 0) } >= 0,
        );
    }
    // SAFETY: takes numbers.
    loot.attempt("raw IP", unsafe { c::socket(2, 3, 255) } >= 0);
    // The test listens here, outside.
    loot.attempt(
        "the machine's port",
        TcpStream::connect("127.0.0.1:@PORT@").is_ok(),
    );
    for address in [
        "192.0.2.1:9",
        "10.0.0.1:22",
        "169.254.169.254:80",
        "8.8.8.8:53",
        "[2001:db8::1]:80",
    ] {
        let address = address.parse().unwrap();
        let connected = TcpStream::connect_timeout(&address, Duration::from_millis(50)).is_ok();
        loot.attempt(format!("connect {address}"), connected);
        let any = if address.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let udp = UdpSocket::bind(any).is_ok_and(|udp| udp.connect(address).is_ok());
        loot.attempt(format!("send to {address}"), udp);
    }
    loot.tell();
    Ok(())
}
