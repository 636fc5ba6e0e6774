//! What only Linux has: `/proc`, its limits, and the settings that forbid namespaces.

use std::fs;
use std::path::Path;

use nix::sys::resource::{Resource, getrlimit};

use super::Patient;
use super::finding::Finding;

/// Processes and threads that a check may need at once.
const PROCESSES: u64 = 300;

/// Open files that a check may need at once.
const FILES: u64 = 1024;

/// Files that `watch` watches, and there may be an editor too.
const WATCHES: u64 = 8192;

/// How many watchers a user may have at once.
const WATCHERS: u64 = 16;

pub fn findings(patient: &Patient) -> Vec<Finding> {
    let mut findings = vec![kernel(patient), proc()];
    findings.extend(hidden_processes());
    findings.extend(limits());
    findings.extend(watches());
    findings
}

fn kernel(patient: &Patient) -> Finding {
    let release = setting("kernel/osrelease").unwrap_or_default();
    let is_windows = release.to_lowercase().contains("microsoft");
    let is_on_windows = |root: &Path| root.starts_with("/mnt");
    if is_windows && patient.root.as_deref().is_some_and(is_on_windows) {
        return Finding::note(
            "system",
            format!("Linux {release}, and the lab is on Windows' disk"),
        )
        .todo("move the lab to your Linux home folder: there it is many times faster");
    }
    Finding::good("system", format!("Linux {release}"))
}

fn proc() -> Finding {
    for path in ["/proc/self/stat", "/proc/net/tcp", "/proc/self/fd"] {
        let tried = match path.ends_with("fd") {
            true => fs::read_dir(path).map(drop),
            false => fs::read(path).map(drop),
        };
        if let Err(error) = tried {
            return Finding::mend("/proc", format!("{path}: {error}"))
                .todo("sudo mount -t proc proc /proc");
        }
    }
    Finding::good("/proc", "processes and sockets can be read")
}

/// Process 1 is always there; where it cannot be seen, others' processes are hidden.
fn hidden_processes() -> Option<Finding> {
    let is_hidden = fs::read("/proc/1/stat").is_err();
    is_hidden.then(|| {
        Finding::note(
            "/proc",
            "processes of others are hidden (hidepid): `ss -p` and `ps` show only yours",
        )
    })
}

fn limits() -> Vec<Finding> {
    [
        (Resource::RLIMIT_NPROC, PROCESSES, "processes", "ulimit -u"),
        (Resource::RLIMIT_NOFILE, FILES, "open files", "ulimit -n"),
    ]
    .into_iter()
    .map(|(resource, needed, what, command)| {
        let Ok((soft, hard)) = getrlimit(resource) else {
            return Finding::note("limits", format!("{what}: cannot be asked for"));
        };
        if soft >= needed {
            return Finding::good("limits", format!("{what}: {}", shown(soft)));
        }
        let text = format!("{what}: {soft}, and a check may need {needed}");
        match hard >= needed {
            true => Finding::note("limits", text).todo(format!("{command} {needed}")),
            false => Finding::note("limits", text)
                .todo("ask whoever runs this machine for more (man 5 limits.conf)"),
        }
    })
    .collect()
}

fn shown(limit: u64) -> String {
    match limit {
        nix::libc::RLIM_INFINITY => "no limit".to_owned(),
        limit => limit.to_string(),
    }
}

fn watches() -> Vec<Finding> {
    [
        ("max_user_watches", WATCHES),
        ("max_user_instances", WATCHERS),
    ]
    .into_iter()
    .filter_map(|(name, needed)| {
        let path = format!("fs/inotify/{name}");
        let allowed: u64 = setting(&path)?.parse().ok()?;
        (allowed < needed).then(|| {
            Finding::note(
                "watching",
                format!(
                    "{name} is {allowed}: an editor may use them up, then `watch` looks by itself"
                ),
            )
            .todo(format!("sudo sysctl fs.inotify.{name}={needed}"))
        })
    })
    .collect()
}

/// What to do where namespaces are forbidden.
pub fn namespaces() -> Vec<String> {
    let mut advice = Vec::new();
    for (path, refusing, allowing) in [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("user/max_user_namespaces", "0", "10000"),
    ] {
        if setting(path).is_some_and(|value| value == refusing) {
            let name = path.replace('/', ".");
            advice.push(format!(
                "sudo sysctl {name}={allowing} (for all; or go on without)"
            ));
        }
    }
    let is_container = ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|path| Path::new(path).exists());
    if is_container {
        advice.push(
            "a container: docker run --security-opt seccomp=unconfined --security-opt \
             apparmor=unconfined --security-opt systempaths=unconfined"
                .to_owned(),
        );
    }
    advice
}

/// A setting of the kernel, by its path below `/proc/sys`.
fn setting(path: &str) -> Option<String> {
    let text = fs::read_to_string(Path::new("/proc/sys").join(path)).ok()?;
    Some(text.trim().to_owned())
}
