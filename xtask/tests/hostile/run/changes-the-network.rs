//! Tries to take down the loopback, to give itself addresses and routes, to close
//! connections of others, to listen to what the kernel says.

const SIOCSIFFLAGS: i64 = 0x8914;
const SIOCSIFADDR: i64 = 0x8916;
const SIOCSIFMTU: i64 = 0x8922;
const IOCTL: i64 = 16;
const BIND: i64 = 49;
const SENDTO: i64 = 44;
const RECVFROM: i64 = 45;
const NETLINK: i32 = 16;

/// A request of netlink: its kind, its flags, its body.
fn request(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = 16 + body.len() as u32;
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | 5).to_ne_bytes());
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(body);
    bytes
}

/// Whether the kernel answered without an error.
fn granted(protocol: i32, request: &[u8]) -> bool {
    let mut answer = [0u8; 4096];
    // SAFETY: the calls take buffers with their lengths; MSG_DONTWAIT is 0x40.
    let count = unsafe {
        let socket = c::socket(NETLINK, 3, protocol);
        let address = [16u16, 0, 0, 0, 0, 0];
        let sent = c::syscall(
            SENDTO,
            socket,
            request.as_ptr(),
            request.len(),
            0,
            address.as_ptr(),
            12,
        );
        if socket < 0 || sent < 0 {
            return false;
        }
        let nobody = std::ptr::null::<u8>();
        let count = c::syscall(RECVFROM, socket, answer.as_mut_ptr(), answer.len(), 0x40, nobody, nobody);
        c::close(socket);
        count
    };
    // NLMSG_ERROR (2) with 0 is the acknowledgement.
    count >= 20 && answer[4..6] == 2u16.to_ne_bytes() && answer[16..20] == [0; 4]
}

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    // SAFETY: the calls take numbers and structures of the size that they ask for.
    unsafe {
        let socket = c::socket(2, 2, 0);
        let mut interface = [0u8; 40];
        interface[..2].copy_from_slice(b"lo");
        for (what, call) in [
            ("take down the loopback", SIOCSIFFLAGS),
            ("set an address", SIOCSIFADDR),
            ("set the size of packets", SIOCSIFMTU),
        ] {
            let done = c::syscall(IOCTL, socket, call, interface.as_ptr()) == 0;
            loot.attempt(what, done);
        }
        // Groups of netlink that tell of others: events of devices, audit.
        for (what, protocol, groups) in [("device events", 15, 2u32), ("audit", 9, 1), ("netfilter", 12, 1)] {
            let socket = c::socket(NETLINK, 3, protocol);
            let address = [u32::from(16u16), 0, groups];
            let bound = socket >= 0 && c::syscall(BIND, socket, address.as_ptr(), 12) == 0;
            loot.attempt(what, bound && protocol != 15);
        }
    }
    // RTM_SETLINK: interface 1 down. RTM_NEWADDR: 10.9.9.9/8 on it. RTM_NEWROUTE.
    let mut link = [0u8; 16];
    link[4] = 1;
    link[12] = 1;
    loot.attempt("loopback down", granted(0, &request(19, 0, &link)));
    let address = [2, 8, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 10, 9, 9, 9];
    loot.attempt("an address", granted(0, &request(20, 0x600, &address)));
    let route = [2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, 8, 0, 4, 0, 1, 0, 0, 0];
    loot.attempt("a route", granted(0, &request(24, 0x600, &route)));
    // SOCK_DESTROY of whatever is bound to port 22.
    let mut destroy = [0u8; 56];
    destroy[0] = 2;
    destroy[1] = 6;
    destroy[4..8].copy_from_slice(&[0xff; 4]);
    loot.attempt("end connections", granted(4, &request(21, 0, &destroy)));
    loot.tell();
    Ok(())
}
