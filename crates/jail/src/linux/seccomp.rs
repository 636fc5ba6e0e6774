//! System calls that no exercise needs and a forger would like
//! (`man 2 seccomp`). They fail; nothing is killed.

use std::collections::BTreeMap;

use nix::unistd::{Pid, getpid};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, apply_filter, sock_filter,
};

use super::reaper::parent_of;
use crate::Tier;
use crate::fault::Fault;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Reaching into other processes, into the kernel, into the machine.
const REFUSED: &[libc::c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_fanotify_init,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Memory and queues that outlive their maker, and that only a cell takes with it.
const LASTING: [libc::c_long; 4] = [
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
];

/// Who may do what with a file, and when it was written: Landlock does not look at
/// these, and what belongs to the user who judges belongs to the program as well where
/// neither a cell nor another user keeps them apart.
const ABOUT_FILES: &[libc::c_long] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchmodat2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

/// Families of sockets that programs here use. Not those of Unix: their paths
/// lead out of every network namespace, and a system's folder may hold one
/// (`/nix/var/nix/daemon-socket`). A socketpair, which has no path, is had.
const FAMILIES: [libc::c_int; 3] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

// asm-generic/fcntl.h, asm-generic/sockios.h: who is signalled.
const F_SETOWN: u32 = 8;
const F_SETOWN_EX: u32 = 15;
const FIOSETOWN: u32 = 0x8901;
const SIOCSPGRP: u32 = 0x8902;

/// What the filter need not, or must not, refuse.
pub(super) struct Others {
    /// Landlock keeps signals inside the jail.
    pub signals_scoped: bool,
    /// It sets the modes of what it writes, as a linker does.
    pub sets_modes: bool,
    /// It makes sessions, as whoever leaves a terminal does.
    pub makes_sessions: bool,
}

/// Refuses the calls for this process and its children.
pub(super) fn restrict(tier: Tier, others: &Others) -> Result<(), Fault> {
    let judges = judges(tier);
    let mut rules = refused(&judges, others)?;
    rules.insert(libc::SYS_socket, vec![unknown_family()?]);
    if !tier.has_cell() {
        rules.extend(LASTING.map(|call| (call, Vec::new())));
        if !others.sets_modes {
            rules.extend(ABOUT_FILES.iter().map(|call| (*call, Vec::new())));
        }
    }
    let refused = compile(rules, libc::EPERM)?;
    // Said not to exist, so that libraries fall back to clone, whose flags a
    // filter can read.
    let absent = Rules::from([(libc::SYS_clone3, Vec::new())]);
    let absent = compile(absent, libc::ENOSYS)?;
    install(&[second_numbering(), absent].concat())?;
    if !others.makes_sessions {
        // Said to be done: nobody here can tell, but by the terminal that nobody has.
        let done = Rules::from([(libc::SYS_setsid, Vec::new())]);
        install(&compile(done, 0)?)?;
    }
    install(&refused)
}

/// The processes above this one: the judge is among them. In a cell these are
/// the parent and the first process.
fn judges(tier: Tier) -> Vec<Pid> {
    let mut judges = Vec::new();
    let mut next = parent_of(getpid().as_raw());
    while let Some(pid) = next.filter(|pid| *pid > 0) {
        judges.push(Pid::from_raw(pid));
        next = if tier.has_cell() && pid != 1 {
            Some(1)
        } else {
            parent_of(pid)
        };
    }
    judges
}

fn refused(judges: &[Pid], others: &Others) -> Result<Rules, Fault> {
    let mut rules: Rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let mut refuse = |call: libc::c_long, conditions: Vec<SeccompCondition>| {
        SeccompRule::new(conditions)
            .map(|rule| rules.entry(call).or_default().push(rule))
            .map_err(unfit)
    };
    let user_namespace = libc::CLONE_NEWUSER as u64;
    refuse(libc::SYS_unshare, vec![bits(0, user_namespace)?])?;
    refuse(libc::SYS_clone, vec![bits(0, user_namespace)?])?;
    // A child of one's parent would be a child of the judge.
    refuse(libc::SYS_clone, vec![bits(0, libc::CLONE_PARENT as u64)?])?;
    // 0xffffffff asks; anything else changes.
    refuse(libc::SYS_personality, vec![int(0, Op::Ne, u32::MAX)?])?;
    for request in [libc::TIOCSTI, libc::TIOCLINUX] {
        refuse(libc::SYS_ioctl, vec![int(1, Op::Eq, request as u32)?])?;
    }
    // A process may change itself (0) alone: a number may also be that of any
    // thread of the judge, whose limits are the judge's.
    refuse(
        libc::SYS_prlimit64,
        vec![int(0, Op::Ne, 0)?, long(2, Op::Ne, 0)?],
    )?;
    for call in [
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setscheduler,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setattr,
    ] {
        refuse(call, vec![int(0, Op::Ne, 0)?])?;
    }
    // Of a process, that is; not of a group, nor of all of a user.
    refuse(libc::SYS_setpriority, vec![int(0, Op::Ne, 0)?])?;
    refuse(libc::SYS_setpriority, vec![int(1, Op::Ne, 0)?])?;
    const IOPRIO_WHO_PROCESS: u32 = 1;
    refuse(
        libc::SYS_ioprio_set,
        vec![int(0, Op::Ne, IOPRIO_WHO_PROCESS)?],
    )?;
    refuse(libc::SYS_ioprio_set, vec![int(1, Op::Ne, 0)?])?;
    // Who cannot be read cannot be judged.
    refuse(
        libc::SYS_prctl,
        vec![int(0, Op::Eq, libc::PR_SET_DUMPABLE as u32)?],
    )?;
    if others.signals_scoped {
        return Ok(rules);
    }
    // The best that a comparison of numbers can do: what existed before this
    // process, alone or as a group, and everything at once.
    let own = getpid().as_raw();
    refuse(libc::SYS_kill, vec![int(0, Op::Eq, u32::MAX)?])?;
    // A folder of /proc is as good as a descriptor of the process, and whoever
    // owns a socket is signalled.
    refuse(libc::SYS_pidfd_send_signal, vec![int(0, Op::Ge, 0)?])?;
    for command in [F_SETOWN, F_SETOWN_EX] {
        refuse(libc::SYS_fcntl, vec![int(1, Op::Eq, command)?])?;
    }
    for request in [FIOSETOWN, SIOCSPGRP] {
        refuse(libc::SYS_ioctl, vec![int(1, Op::Eq, request)?])?;
    }
    for call in [
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_tgkill,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_rt_tgsigqueueinfo,
        libc::SYS_pidfd_open,
    ] {
        for judge in judges.iter().map(|judge| judge.as_raw()) {
            refuse(call, vec![int(0, Op::Eq, judge as u32)?])?;
            refuse(call, vec![int(0, Op::Eq, judge.wrapping_neg() as u32)?])?;
        }
        // Threads of the judge; in a cell nobody else is older.
        refuse(call, vec![int(0, Op::Ge, 1)?, int(0, Op::Lt, own as u32)?])?;
        refuse(call, vec![int(0, Op::Gt, own.wrapping_neg() as u32)?])?;
    }
    Ok(rules)
}

/// Any family of sockets but those that programs here use.
fn unknown_family() -> Result<SeccompRule, Fault> {
    let known = FAMILIES
        .iter()
        .map(|family| int(0, Op::Ne, *family as u32))
        .collect::<Result<Vec<_>, _>>()?;
    SeccompRule::new(known).map_err(unfit)
}

/// The beginning of a filter that goes on behind it. On x86-64 a second
/// numbering of the same calls, from 0x40000000 on (x32), would go past a list
/// of numbers.
fn second_numbering() -> BpfProgram {
    let step = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let load = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    let at_least = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
    let answer = (libc::BPF_RET | libc::BPF_K) as u16;
    vec![
        // The number comes first in struct seccomp_data.
        step(load, 0, 0, 0),
        step(at_least, 0, 1, 0x4000_0000),
        step(answer, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
    ]
}

fn compile(rules: Rules, errno: libc::c_int) -> Result<BpfProgram, Fault> {
    let arch = std::env::consts::ARCH.try_into().map_err(unfit)?;
    SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno as u32),
        arch,
    )
    .and_then(BpfProgram::try_from)
    .map_err(unfit)
}

fn install(filter: &[sock_filter]) -> Result<(), Fault> {
    apply_filter(filter).map_err(|error| Fault::said("refuse system calls", &error.to_string()))
}

fn int(argument: u8, op: Op, value: u32) -> Result<SeccompCondition, Fault> {
    SeccompCondition::new(argument, Len::Dword, op, value.into()).map_err(unfit)
}

fn long(argument: u8, op: Op, value: u64) -> Result<SeccompCondition, Fault> {
    SeccompCondition::new(argument, Len::Qword, op, value).map_err(unfit)
}

/// All bits of `mask` are set.
fn bits(argument: u8, mask: u64) -> Result<SeccompCondition, Fault> {
    long(argument, Op::MaskedEq(mask), mask)
}

fn unfit(error: seccompiler::BackendError) -> Fault {
    Fault::said("write the list of refused calls", &error.to_string())
}
