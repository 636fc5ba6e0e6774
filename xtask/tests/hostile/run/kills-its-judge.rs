//! Sends deadly signals to its parent, to all above it, to everybody; also by
//! way of a queue, of a thread, of a process descriptor, and of a socket that
//! signals its owner.

const KILL: i32 = 9;
const STOP: i32 = 19;
const PIDFD_SEND_SIGNAL: i64 = 424;
const PIDFD_OPEN: i64 = 434;
const TKILL: i64 = 200;
const TGKILL: i64 = 234;
const RT_SIGQUEUEINFO: i64 = 129;
const F_SETOWN: i32 = 8;
const F_SETSIG: i32 = 10;
const F_SETFL: i32 = 4;
const O_ASYNC: i32 = 0o20000;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    // SAFETY: the calls take numbers and one pointer to a zeroed siginfo.
    unsafe {
        for judge in judges() {
            for signal in [STOP, KILL] {
                loot.attempt("kill", c::kill(judge, signal) == 0);
                // To -1 is to everybody: that comes last.
                loot.attempt("kill its group", judge != 1 && c::kill(-judge, signal) == 0);
                loot.attempt("tkill", c::syscall(TKILL, judge, signal) == 0);
                loot.attempt("tgkill", c::syscall(TGKILL, judge, judge, signal) == 0);
                let mut info = [0i32; 32];
                (info[0], info[2]) = (signal, -1);
                let queued = c::syscall(RT_SIGQUEUEINFO, judge, signal, info.as_ptr());
                loot.attempt("queue a signal", queued == 0);
                let handle = c::syscall(PIDFD_OPEN, judge, 0);
                let sent = c::syscall(PIDFD_SEND_SIGNAL, handle, signal, 0, 0);
                loot.attempt("signal by descriptor", sent == 0);
            }
            // Whether the signal arrives is seen by the judge's being alive.
            let terminal = 1;
            c::fcntl(terminal, F_SETOWN, judge);
            c::fcntl(terminal, F_SETSIG, KILL);
            c::fcntl(terminal, F_SETFL, O_ASYNC | 2);
            println!("wake the owner of this terminal");
            let pair = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            use std::os::fd::AsRawFd;
            c::fcntl(pair.as_raw_fd(), F_SETOWN, judge);
            c::fcntl(pair.as_raw_fd(), F_SETSIG, KILL);
            c::fcntl(pair.as_raw_fd(), F_SETFL, O_ASYNC | 2);
            let _ = pair.send_to(b"x", pair.local_addr().unwrap());
        }
        loot.tell();
        // Everybody: a child does it, since it may hit its own like as well.
        let child = c::fork();
        if child == 0 {
            c::kill(-1, STOP);
            c::kill(-1, KILL);
            c::_exit(0);
        }
    }
    Ok(())
}
