//! Resource limits of the calling process (`man 2 setrlimit`).

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::command::JailOptions;
use crate::fault::{During, Fault};

/// What the program may write besides its stack and code. Linux counts
/// private writable memory; elsewhere only the address space can be bounded.
#[cfg(target_os = "linux")]
const MEMORY: Resource = Resource::RLIMIT_DATA;
#[cfg(not(target_os = "linux"))]
const MEMORY: Resource = Resource::RLIMIT_AS;

/// Sets the limits that were asked for. `others` is the number of processes
/// that count towards the limit of processes already.
pub(crate) fn set(options: &JailOptions, others: u64) -> Result<(), Fault> {
    let processes = options.processes.map(|own| own.saturating_add(others));
    // A second after the signal that says so, a program that goes on is killed.
    let cpu_end = options.cpu.map(|seconds| seconds + 1);
    for (resource, soft, hard) in [
        (Resource::RLIMIT_CORE, Some(0), Some(0)),
        (Resource::RLIMIT_NPROC, processes, processes),
        (MEMORY, options.memory, options.memory),
        (Resource::RLIMIT_CPU, options.cpu, cpu_end),
        (Resource::RLIMIT_FSIZE, options.file_size, options.file_size),
        (
            Resource::RLIMIT_NOFILE,
            options.open_files,
            options.open_files,
        ),
    ] {
        let (Some(soft), Some(hard)) = (soft, hard) else {
            continue;
        };
        lower(resource, soft, hard).during(|| format!("limit {resource:?}"))?;
    }
    Ok(())
}

/// A limit that is lower already stays: only root could raise it.
fn lower(resource: Resource, soft: u64, hard: u64) -> nix::Result<()> {
    let (_, most) = getrlimit(resource)?;
    setrlimit(resource, soft.min(most), hard.min(most))
}
