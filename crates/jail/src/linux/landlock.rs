//! What a student's program may read and write, and whom it may signal
//! (`man 7 landlock`).

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use crate::command::JailOptions;
use crate::fault::Fault;

/// The newest rules that were tried. Older kernels keep what they know of them.
const NEWEST: ABI = ABI::V7;

/// Folders that any program needs to start and run.
const READABLE: [&str; 13] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/libexec", "/opt", "/nix",
    "/gnu", "/etc", "/proc",
];

/// Device files; in a cell all terminals and the shared memory are its own.
const DEVICES: [&str; 7] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
];
const DEVICES_OF_A_CELL: [&str; 2] = ["/dev/pts", "/dev/shm"];

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
    let readable = READABLE.map(PathBuf::from);
    for path in readable.iter().chain(&options.read) {
        rules = allow(rules, path, read)?;
    }
    rules = allow(rules, program, AccessFs::ReadFile | AccessFs::Execute)?;
    for path in std::iter::once(&options.scratch).chain(&options.write) {
        rules = allow(rules, path, all)?;
    }
    for path in DEVICES {
        rules = allow(rules, Path::new(path), device)?;
    }
    if options.tier.has_cell() {
        for path in DEVICES_OF_A_CELL {
            rules = allow(rules, Path::new(path), all)?;
        }
    }
    rules.restrict_self()?;
    Ok(())
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
