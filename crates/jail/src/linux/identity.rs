//! Who a process is: users, user namespaces, capabilities.

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::unistd::{Gid, Pid, Uid, setgroups, setresgid, setresuid};

use crate::STUDENT_UID;
use crate::fault::{During, Fault};
use crate::jail::SLOT_UIDS;

/// Makes `inside` the one user and group of this process's new user
/// namespace; outside it remains `user` and `group` (`man 7 user_namespaces`).
pub(super) fn map_to(inside: u32, user: Uid, group: Gid) -> Result<(), Fault> {
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{inside} {user} 1")),
        ("gid_map", format!("{inside} {group} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), text)
            .during(|| format!("map the user namespace ({file})"))?;
    }
    Ok(())
}

/// Makes root and all students the users of the new user namespace of a `child`; outside
/// they have the same numbers. Only who has rights over them may do so, from outside
/// (`man 7 user_namespaces`).
pub(super) fn map_root_and_students(child: Pid) -> Result<(), Fault> {
    let (first, count) = (SLOT_UIDS.start, SLOT_UIDS.len());
    for file in ["uid_map", "gid_map"] {
        fs::write(
            format!("/proc/{child}/{file}"),
            format!("0 0 1\n{first} {first} {count}\n"),
        )
        .during(|| format!("map the user namespace ({file})"))?;
    }
    Ok(())
}

/// Whether root here has the numbers that students get. As the only user of a namespace
/// (`unshare -r`, a cell of an ordinary user) it has not.
pub(crate) fn is_root_with_students() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let holds_all = |line: &str| {
        let mut fields = line.split_ascii_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) =
            (fields.next(), fields.next(), fields.next())
        else {
            return false;
        };
        first <= SLOT_UIDS.start.into() && u64::from(SLOT_UIDS.end) <= first.saturating_add(count)
    };
    Uid::effective().is_root() && map.lines().any(holds_all)
}

/// Becomes another user for good, with no groups.
pub(super) fn become_user(number: u32) -> Result<(), Fault> {
    let (user, group) = (Uid::from_raw(number), Gid::from_raw(number));
    // Another user may not do it any more.
    bound_rights();
    setgroups(&[]).during(|| "leave all groups".into())?;
    setresgid(group, group, group).during(|| format!("become group {number}"))?;
    setresuid(user, user, user).during(|| format!("become user {number}"))
}

/// Becomes an ordinary user in a user namespace of its own: its processes
/// are counted alone, and it has no right over anything outside. Does nothing
/// where no further user namespace is to be had.
pub(super) fn become_student() -> Result<(), Fault> {
    let (user, group) = (Uid::effective(), Gid::effective());
    if unshare(CloneFlags::CLONE_NEWUSER).is_err() {
        return Ok(());
    }
    bound_rights();
    map_to(STUDENT_UID, user, group)
}

/// No program that starts from here on can give any right (`man 7 capabilities`).
fn bound_rights() {
    for capability in 0..64 as libc::c_ulong {
        // SAFETY: takes integers.
        let answer = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        if answer < 0 {
            // The kernel has no more, or this process has no rights already.
            break;
        }
    }
}

/// From now on no program gives this process or its children more rights
/// than it has, and it has none (`man 7 capabilities`).
pub(super) fn give_up_rights() -> Result<(), Fault> {
    prctl::set_no_new_privs().during(|| "set no_new_privs".into())?;
    // SAFETY: takes integers. Without any right already this fails, and is not needed.
    unsafe {
        libc::prctl(
            libc::PR_CAP_AMBIENT,
            libc::PR_CAP_AMBIENT_CLEAR_ALL,
            0,
            0,
            0,
        );
        libc::prctl(
            libc::PR_SET_SECUREBITS,
            SECBIT_NOROOT | SECBIT_NOROOT_LOCKED,
            0,
            0,
            0,
        );
    }
    drop_capabilities().during(|| "drop all capabilities".into())
}

// linux/securebits.h
const SECBIT_NOROOT: libc::c_ulong = 1;
const SECBIT_NOROOT_LOCKED: libc::c_ulong = 2;

fn drop_capabilities() -> io::Result<()> {
    // man 2 capset: version 3 takes two sets of 32 capabilities.
    #[repr(C)]
    struct Header {
        version: u32,
        pid: libc::c_int,
    }
    let header = Header {
        version: 0x2008_0522,
        pid: 0,
    };
    let none = [[0u32; 3]; 2];
    // SAFETY: both structures have the layout of version 3 and outlive the call.
    let answer = unsafe { libc::syscall(libc::SYS_capset, &header, &none) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
