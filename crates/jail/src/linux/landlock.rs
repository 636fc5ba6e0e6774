//! What a student's program may read and write, and whom it may signal
//! (`man 7 landlock`).

use std::fs;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use nix::unistd::Uid;

use crate::command::JailOptions;
use crate::fault::Fault;
use crate::jail::SYSTEM;

/// The newest rules that were tried. Older kernels keep what they know of them.
const NEWEST: ABI = ABI::V7;

/// Device files. Not `ptmx`: a program that takes all terminals of the machine
/// leaves none to the checks beside it.
const DEVICES: [&str; 6] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
];

/// In a cell, these are its own.
const PRIVATE: [&str; 3] = ["/dev/shm", "/tmp", "/var/tmp"];

/// What even root reads of /etc: what the loader and the linker need.
const OF_ETC: [&str; 12] = [
    "alternatives",
    "group",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "protocols",
    "services",
];

/// Restricts this process and its children, as far as the kernel can.
pub(super) fn restrict(options: &JailOptions, program: &Path) -> Result<(), Fault> {
    rules(options, program)
        .map_err(|error| Fault::said("restrict with Landlock", &error.to_string()))
}

fn rules(options: &JailOptions, program: &Path) -> Result<(), RulesetError> {
    let all = AccessFs::from_all(NEWEST);
    let read = AccessFs::from_read(NEWEST);
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()?;
    let readable = SYSTEM.map(PathBuf::from);
    // Root owns the machine's secrets, and may remain root where no other user
    // can walk to the compiler.
    let secrets = Uid::effective().is_root().then_some(Path::new("/etc"));
    for path in readable
        .iter()
        .filter(|path| Some(path.as_path()) != secrets)
    {
        rules = allow_around(rules, path, &hidden(options), read)?;
    }
    if let Some(etc) = secrets {
        for name in OF_ETC {
            rules = allow(rules, &etc.join(name), read)?;
        }
    }
    for path in &options.read {
        rules = allow(rules, path, read)?;
    }
    rules = allow(rules, program, AccessFs::ReadFile | AccessFs::Execute)?;
    for path in std::iter::once(&options.scratch).chain(&options.write) {
        rules = allow(rules, path, all)?;
    }
    let devices = DEVICES.map(PathBuf::from);
    for path in devices.into_iter().chain(own_terminals()) {
        rules = allow(rules, &path, device)?;
    }
    if options.tier.has_cell() {
        for folder in PRIVATE.iter().map(Path::new).filter(|it| is_empty(it)) {
            rules = allow(rules, folder, all)?;
        }
    }
    rules.restrict_self()?;
    Ok(())
}

/// Whether nothing of the lab is mounted in a folder: a rule would hold for that too.
fn is_empty(folder: &Path) -> bool {
    // The fifth field of a line is where it is mounted (man 5 proc_pid_mountinfo).
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut places = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    !mounts.is_empty()
        && places.all(|at| Path::new(at) == folder || !Path::new(at).starts_with(folder))
}

/// The terminals that the program is given, which it may also open by name.
fn own_terminals() -> impl Iterator<Item = PathBuf> {
    (0..3)
        .filter_map(|descriptor| fs::read_link(format!("/proc/self/fd/{descriptor}")).ok())
        .filter(|path| path.parent() == Some(Path::new("/dev/pts")))
}

/// Where the folders to hide really are.
fn hidden(options: &JailOptions) -> Vec<PathBuf> {
    options
        .hide
        .iter()
        .filter_map(|folder| folder.canonicalize().ok())
        .collect()
}

/// Allows a folder but for what is hidden in it. A rule holds for all that is
/// beneath, so where something is hidden, each neighbour gets a rule of its own.
fn allow_around(
    mut rules: RulesetCreated,
    folder: &Path,
    hidden: &[PathBuf],
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let real = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    // A system's folder as a whole is not hidden: nothing would start.
    if hidden.contains(&real) && real.components().count() > 2 {
        return Ok(rules);
    }
    if !hidden
        .iter()
        .any(|one| one != &real && one.starts_with(&real))
    {
        return allow(rules, folder, access);
    }
    for entry in fs::read_dir(&real).into_iter().flatten().flatten() {
        rules = allow_around(rules, &entry.path(), hidden, access)?;
    }
    Ok(rules)
}

/// What does not exist need not be allowed.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(place) = PathFd::new(path) else {
        return Ok(rules);
    };
    // Rights over folders make no sense for a file.
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(NEWEST)
    };
    rules.add_rule(PathBeneath::new(place, access))
}

/// Keeps the signals of this process and its descendants among them, if the
/// kernel can; whether it does.
pub(super) fn keep_signals_inside() -> bool {
    let restricted = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .scope(Scope::Signal)
        .and_then(Ruleset::create)
        .and_then(RulesetCreated::restrict_self);
    restricted.is_ok_and(|status| status.ruleset == RulesetStatus::FullyEnforced)
}

/// Whether this kernel keeps signals inside the jail: Landlock does from
/// version 6 on (Linux 6.12).
pub(super) fn scopes_signals() -> bool {
    const LANDLOCK_CREATE_RULESET_VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the call takes no structure and only answers a number.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0usize,
            LANDLOCK_CREATE_RULESET_VERSION,
        )
    };
    answer >= 6
}
