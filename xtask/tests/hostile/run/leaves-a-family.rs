//! Leaves processes that are hard to end: stopped ones, deaf ones, zombies, threads
//! without a leader, children whose orphans it keeps for itself.

const SUBREAPER: i32 = 36;
const STOP: i32 = 19;
const RT_SIGPROCMASK: i64 = 14;
const EXIT: i64 = 60;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    // SAFETY: the calls take numbers and a set of signals that outlives them; each
    // child has one thread when it is born.
    unsafe {
        c::prctl(SUBREAPER, 1 as c::Word, 0, 0, 0);
        for kind in 0..24 {
            if c::fork() != 0 {
                continue;
            }
            let all = [u64::MAX];
            c::syscall(RT_SIGPROCMASK, 0, all.as_ptr(), 0, 8);
            c::syscall(109, 0, 0);
            match kind % 4 {
                0 => {
                    c::kill(c::getpid(), STOP);
                }
                1 => {
                    if c::fork() == 0 {
                        c::_exit(0);
                    }
                }
                2 => {
                    std::thread::spawn(|| {
                        loop {
                            c::pause();
                        }
                    });
                    c::syscall(EXIT, 0);
                }
                _ => {
                    if c::fork() != 0 {
                        c::_exit(0);
                    }
                    c::prctl(SUBREAPER, 1 as c::Word, 0, 0, 0);
                }
            }
            loop {
                c::pause();
            }
        }
    }
    std::process::exit(0)
}
