// What hostile programs share. It is put behind each of them.

#[allow(dead_code)]
mod c {
    use std::ffi::{c_char, c_int, c_long, c_ulong, c_void};

    unsafe extern "C" {
        pub fn getpid() -> c_int;
        pub fn getppid() -> c_int;
        pub fn fork() -> c_int;
        pub fn setsid() -> c_int;
        pub fn pause() -> c_int;
        pub fn kill(process: c_int, signal: c_int) -> c_int;
        pub fn close(descriptor: c_int) -> c_int;
        pub fn dup2(from: c_int, to: c_int) -> c_int;
        pub fn chdir(path: *const c_char) -> c_int;
        pub fn chmod(path: *const c_char, mode: c_int) -> c_int;
        pub fn mkdir(path: *const c_char, mode: c_int) -> c_int;
        pub fn open(path: *const c_char, flags: c_int, ...) -> c_int;
        pub fn write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize;
        pub fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
        pub fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
        pub fn prctl(what: c_int, ...) -> c_int;
        pub fn syscall(number: c_long, ...) -> c_long;
        pub fn mmap(
            at: *mut c_void,
            n: usize,
            p: c_int,
            f: c_int,
            fd: c_int,
            o: i64,
        ) -> *mut c_void;
        pub fn ptrace(request: c_int, process: c_int, a: *mut c_void, d: *mut c_void) -> c_long;
        pub fn shmget(key: c_int, size: usize, flags: c_int) -> c_int;
        pub fn _exit(status: c_int) -> !;
    }
    pub const NAME: c_int = 15;
    pub const NOTHING: *mut c_void = std::ptr::null_mut();
    pub type Word = c_ulong;
}

/// Marks this process and what it starts, so that a test finds what is left of it.
#[allow(dead_code)]
fn mark() {
    // SAFETY: the name is a text that ends with NUL.
    unsafe { c::prctl(c::NAME, c"@MARK@".as_ptr()) };
}

/// What was attempted, and what of it succeeded.
#[allow(dead_code)]
#[derive(Default)]
struct Loot {
    tried: usize,
    got: Vec<String>,
}

#[allow(dead_code)]
impl Loot {
    fn attempt(&mut self, what: impl Into<String>, succeeded: bool) {
        self.tried += 1;
        if succeeded {
            self.got.push(what.into());
        }
    }

    /// Says it in the last lines of standard error, which a story quotes.
    fn tell(&self) {
        for chunk in self.got.chunks(3).take(2) {
            eprintln!("got {}", chunk.join(", "));
        }
        eprintln!("{} attempts, {} succeeded", self.tried, self.got.len());
    }
}

/// The processes above this one, as far as they can be seen.
#[allow(dead_code)]
fn judges() -> Vec<i32> {
    let mut judges = vec![];
    // SAFETY: takes nothing.
    let mut next = unsafe { c::getppid() };
    while next > 0 && !judges.contains(&next) {
        judges.push(next);
        let stat = std::fs::read_to_string(format!("/proc/{next}/stat")).unwrap_or_default();
        let rest = stat.rsplit(')').next().unwrap_or_default();
        next = rest
            .split_whitespace()
            .nth(1)
            .and_then(|it| it.parse().ok())
            .unwrap_or(0);
    }
    if !judges.contains(&1) {
        judges.push(1);
    }
    judges
}
