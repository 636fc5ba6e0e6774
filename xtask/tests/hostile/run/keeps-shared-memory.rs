//! Makes memory and queues that outlive a process.

const MQ_OPEN: i64 = 240;
const MSGGET: i64 = 68;
const SEMGET: i64 = 64;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    // SAFETY: the calls take numbers and a name that ends with NUL.
    unsafe {
        loot.attempt(
            "shared memory",
            c::shmget(0x4c41_4231, 1 << 20, 0o1666) >= 0,
        );
        loot.attempt(
            "a message queue",
            c::syscall(MSGGET, 0x4c41_4231, 0o1666) >= 0,
        );
        loot.attempt(
            "semaphores",
            c::syscall(SEMGET, 0x4c41_4231, 8, 0o1666) >= 0,
        );
        loot.attempt(
            "a POSIX queue",
            c::syscall(MQ_OPEN, c"@MARK@".as_ptr(), 0o102, 0o666, 0) >= 0,
        );
    }
    loot.tell();
    Ok(())
}
