//! Takes what the kernel keeps for a process: pipes with full buffers, timers,
//! watches, events, signals that wait.

const PIPE: i64 = 22;
const TIMER_CREATE: i64 = 222;
const INOTIFY_INIT: i64 = 253;
const EPOLL_CREATE: i64 = 213;
const EVENTFD: i64 = 284;
const RT_SIGQUEUEINFO: i64 = 129;
const F_SETPIPE_SZ: i32 = 1031;
const O_NONBLOCK: i32 = 0o4000;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let block = vec![1u8; 1 << 20];
    // SAFETY: the calls take numbers, and buffers with their lengths.
    unsafe {
        for _ in 0..4 {
            c::fork();
        }
        // Signals that are blocked wait.
        c::syscall(14, 0, [u64::MAX].as_ptr(), 0, 8);
        let own = c::getpid();
        let mut info = [0i32; 32];
        (info[0], info[2]) = (40, -1);
        while c::syscall(RT_SIGQUEUEINFO, own, 40, info.as_ptr()) == 0 {}
        for _ in 0..100_000 {
            let mut timer = 0i32;
            if c::syscall(TIMER_CREATE, 0, 0, &raw mut timer) != 0 {
                break;
            }
        }
        for _ in 0..1_000 {
            let mut ends = [0i32; 2];
            if c::syscall(PIPE, ends.as_mut_ptr()) != 0 {
                break;
            }
            c::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
            c::fcntl(ends[1], 4, O_NONBLOCK);
            c::write(ends[1], block.as_ptr().cast(), block.len());
        }
        for call in [INOTIFY_INIT, EPOLL_CREATE, EVENTFD] {
            for _ in 0..1_000 {
                c::syscall(call, 1);
            }
        }
        loop {
            c::pause();
        }
    }
}
