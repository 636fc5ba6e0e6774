//! Raises its limits, its priority, its share of the machine.

const SETRLIMIT: i64 = 160;
const SETPRIORITY: i64 = 141;
const SCHED_SETSCHEDULER: i64 = 144;
const IOPRIO_SET: i64 = 251;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    // SAFETY: the calls take numbers and structures of the size that they ask for.
    unsafe {
        let most = [u64::MAX, u64::MAX];
        // Processor time, file size, data, core, processes, files, locked memory,
        // pending signals, queues, niceness, real time.
        for limit in [0, 1, 2, 4, 6, 7, 11, 12, 13, 14] {
            let mut now = [0u64; 2];
            c::syscall(97, limit, now.as_mut_ptr());
            let raised = c::syscall(SETRLIMIT, limit, most.as_ptr()) == 0;
            loot.attempt(format!("limit {limit}"), raised && now[1] != u64::MAX);
        }
        loot.attempt("priority", c::syscall(SETPRIORITY, 0, 0, -5) == 0);
        let parameter = [1i32];
        for policy in [1, 2] {
            let set = c::syscall(SCHED_SETSCHEDULER, 0, policy, parameter.as_ptr()) == 0;
            loot.attempt(format!("policy {policy}"), set);
        }
        // Real time is class 1 in the upper bits.
        loot.attempt("disk first", c::syscall(IOPRIO_SET, 1, 0, 1 << 13) == 0);
    }
    for (path, text) in [
        ("/proc/self/oom_score_adj", "-1000"),
        ("/proc/self/oom_adj", "-17"),
        ("/proc/self/coredump_filter", "255"),
        ("/proc/self/autogroup", "-20"),
        ("/proc/self/timerslack_ns", "0"),
    ] {
        loot.attempt(path, std::fs::write(path, text).is_ok());
    }
    loot.tell();
    Ok(())
}
