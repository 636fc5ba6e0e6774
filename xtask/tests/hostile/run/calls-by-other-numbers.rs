//! Makes refused calls by the numbers of other instruction sets (i386, x32),
//! and in the ways around a list: new kinds of clone, io_uring, BPF.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    const X32: i64 = 0x4000_0000;
    // SAFETY: the calls take numbers and null pointers.
    unsafe {
        let judge = c::getppid();
        loot.attempt("x32 ptrace", c::syscall(X32 + 521, 16, judge, 0, 0) == 0);
        loot.attempt("x32 kill", c::syscall(X32 + 62, judge, 0) == 0);
        loot.attempt("x32 getpid", c::syscall(X32 + 39) > 0);
        loot.attempt("io_uring", c::syscall(425, 1, [0u64; 32].as_ptr()) >= 0);
        loot.attempt("bpf", c::syscall(321, 0, [0u64; 32].as_ptr(), 128) >= 0);
        loot.attempt(
            "perf",
            c::syscall(298, [0u64; 32].as_ptr(), 0, -1, -1, 0) >= 0,
        );
        loot.attempt("userfaultfd", c::syscall(323, 1) >= 0);
        loot.attempt("user namespace", c::syscall(272, 0x1000_0000) == 0);
        loot.attempt("mount namespace", c::syscall(272, 0x2_0000) == 0);
        loot.attempt("sibling", c::syscall(56, 0x8000 | 17, 0, 0, 0, 0) > 0);
        loot.attempt(
            "keyring",
            c::syscall(248, c"user".as_ptr(), c"a".as_ptr(), c"b".as_ptr(), 1, -3) >= 0,
        );
        loot.attempt(
            "open by handle",
            c::syscall(304, -100, [0u64; 16].as_ptr(), 0) >= 0,
        );
        let threads = std::fs::read_dir(format!("/proc/{judge}/task"))
            .unwrap()
            .flatten();
        let threads = threads.filter_map(|thread| thread.file_name().to_str()?.parse::<i32>().ok());
        for thread in threads.chain([judge]) {
            let limits = [1u64 << 40, 1 << 40];
            let set = c::syscall(302, thread, 1, limits.as_ptr(), 0) == 0;
            loot.attempt("limits of the judge", set);
        }
        loot.attempt("priority of the user", c::syscall(141, 2, 0, 1) == 0);
        loot.attempt(
            "affinity of the judge",
            c::syscall(203, judge, 8, [1u64].as_ptr()) == 0,
        );
        loot.attempt("priority of the judge", c::syscall(141, 0, judge, 19) == 0);
        loot.attempt(
            "type into the terminal",
            c::syscall(16, 1, 0x5412, c"x".as_ptr()) == 0,
        );
        loot.tell();
        // i386's getpid: where the kernel knows it, the filter ends the process.
        #[cfg(target_arch = "x86_64")]
        std::arch::asm!("int 0x80", inout("rax") 20i64 => _);
    }
    Ok(())
}
