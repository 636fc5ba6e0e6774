//! Reaches into the processes above it: by ptrace, by their memory, by their descriptors.

use std::fs;
use std::fs::OpenOptions;

const ATTACH: i32 = 16;
const SEIZE: i32 = 0x4206;
const PROCESS_VM_READV: i64 = 310;
const PROCESS_VM_WRITEV: i64 = 311;
const PIDFD_OPEN: i64 = 434;
const PIDFD_GETFD: i64 = 438;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    for judge in judges() {
        // SAFETY: the calls take numbers, null pointers and these two vectors.
        unsafe {
            loot.attempt(
                "attach",
                c::ptrace(ATTACH, judge, c::NOTHING, c::NOTHING) == 0,
            );
            loot.attempt(
                "seize",
                c::ptrace(SEIZE, judge, c::NOTHING, c::NOTHING) == 0,
            );
            let mut word = [0u64; 1];
            let here = [word.as_mut_ptr() as u64, 8];
            let there = [0x40_0000u64, 8];
            let mut moves = |call| c::syscall(call, judge, here.as_ptr(), 1, there.as_ptr(), 1, 0);
            loot.attempt("read its memory", moves(PROCESS_VM_READV) != -1);
            loot.attempt("write its memory", moves(PROCESS_VM_WRITEV) != -1);
            let handle = c::syscall(PIDFD_OPEN, judge, 0);
            for fd in 0..8 {
                loot.attempt(
                    "take a descriptor",
                    c::syscall(PIDFD_GETFD, handle, fd, 0) != -1,
                );
            }
        }
        let of = |what: &str| format!("/proc/{judge}/{what}");
        for file in ["mem", "environ", "maps", "auxv", "syscall", "stack"] {
            let bytes = fs::read(of(file)).is_ok_and(|bytes| !bytes.is_empty());
            let opened = file == "mem" && fs::File::open(of(file)).is_ok();
            loot.attempt(of(file), bytes || opened);
        }
        for file in [
            "mem",
            "oom_score_adj",
            "comm",
            "clear_refs",
            "coredump_filter",
            "limits",
        ] {
            loot.attempt(
                format!("write {}", of(file)),
                OpenOptions::new().write(true).open(of(file)).is_ok(),
            );
        }
        for link in [
            "cwd", "root", "exe", "fd/0", "fd/1", "fd/2", "fd/3", "ns/mnt",
        ] {
            loot.attempt(of(link), fs::read_link(of(link)).is_ok());
        }
    }
    loot.tell();
    Ok(())
}
