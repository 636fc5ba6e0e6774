//! What decides about the tier, as far as it can be read without trying one.

use std::fs;

/// Settings of the kernel that allow namespaces to ordinary users or refuse them, and the
/// profile that confines this process. That one is not there counts too.
const FILES: [&str; 4] = [
    "/proc/sys/kernel/unprivileged_userns_clone",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "/proc/sys/user/max_user_namespaces",
    "/proc/self/attr/current",
];

/// A container has namespaces of its own on the same kernel.
const NAMESPACES: [&str; 4] = ["user", "mnt", "pid", "net"];

/// Whose rights they are, and which (`man 5 proc_pid_status`).
const STATUS: [&str; 6] = ["Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:", "Seccomp"];

/// See [`Tier::circumstances`](crate::Tier::circumstances).
pub(crate) fn circumstances() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mut all = format!("boot {boot}");
    for line in status.lines() {
        if STATUS.iter().any(|name| line.starts_with(name)) {
            all.push_str(line);
            all.push('\n');
        }
    }
    for name in NAMESPACES {
        let link = fs::read_link(format!("/proc/self/ns/{name}")).ok();
        all.push_str(&format!("{name} {link:?}\n"));
    }
    for file in FILES {
        let text = fs::read_to_string(file).ok();
        all.push_str(&format!("{file} {text:?}\n"));
    }
    Some(all)
}
