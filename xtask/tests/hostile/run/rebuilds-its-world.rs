//! Mounts, unmounts, changes its root, enters the namespaces of others.

use std::fs::File;
use std::os::fd::AsRawFd;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    let _ = std::fs::create_dir("there");
    let (here, tmpfs) = (c"there".as_ptr(), c"tmpfs".as_ptr());
    let nothing = std::ptr::null::<u8>();
    // SAFETY: the calls take numbers, null pointers and texts that end with NUL.
    unsafe {
        loot.attempt("mount tmpfs", c::syscall(165, tmpfs, here, tmpfs, 0, nothing) == 0);
        let root = c"/".as_ptr();
        loot.attempt("bind /", c::syscall(165, root, here, nothing, 4096, nothing) == 0);
        loot.attempt("remount / writable", c::syscall(165, nothing, root, nothing, 32, nothing) == 0);
        for path in [c"/proc", c"/etc", c"/scratch", c"/lab/story", c"/tmp"] {
            let unmounted = c::syscall(166, path.as_ptr(), 2) == 0;
            loot.attempt(format!("unmount {path:?}"), unmounted);
        }
        loot.attempt("chroot", c::syscall(161, here) == 0);
        loot.attempt("pivot_root", c::syscall(155, here, here) == 0);
        loot.attempt("open_tree", c::syscall(428, -100, root, 1) >= 0);
        loot.attempt("fsopen", c::syscall(430, tmpfs, 0) >= 0);
        loot.attempt("fspick", c::syscall(433, -100, root, 0) >= 0);
        // Mount, UTS, IPC, process, network, control group and time namespaces, each
        // with a user namespace as well.
        for (name, flag) in [
            ("mount", 0x2_0000i64),
            ("uts", 0x400_0000),
            ("ipc", 0x800_0000),
            ("process", 0x2000_0000),
            ("network", 0x4000_0000),
            ("group", 0x200_0000),
            ("time", 0x80),
        ] {
            loot.attempt(format!("new {name}"), c::syscall(272, flag) == 0);
            loot.attempt(format!("new {name}, user"), c::syscall(272, flag | 0x1000_0000) == 0);
        }
        for judge in judges() {
            for kind in ["mnt", "net", "pid", "user", "ipc", "uts", "cgroup"] {
                let path = format!("/proc/{judge}/ns/{kind}");
                if let Ok(space) = File::open(&path) {
                    let entered = c::syscall(308, space.as_raw_fd(), 0) == 0;
                    loot.attempt(format!("enter {path}"), entered);
                }
            }
            let handle = c::syscall(434, judge, 0);
            loot.attempt("enter by descriptor", c::syscall(308, handle, 0x6000_0000) == 0);
        }
        loot.attempt("name the host", c::syscall(170, c"x".as_ptr(), 1) == 0);
    }
    for path in [
        "/proc/self/uid_map",
        "/proc/self/oom_score_adj",
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname",
        "/proc/sys/net/ipv4/ip_local_port_range",
        "/proc/sysrq-trigger",
        "/sys/fs/cgroup/cgroup.procs",
        "/sys/fs/cgroup/memory/cgroup.procs",
        "/dev/kmsg",
        "/dev/shm/../mem",
    ] {
        let opened = std::fs::OpenOptions::new().write(true).open(path).is_ok();
        loot.attempt(format!("write {path}"), opened);
    }
    loot.tell();
    Ok(())
}
