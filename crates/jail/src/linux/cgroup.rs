//! Control groups: the totals of a cell, of version 1 or 2 (`man 7 cgroups`).
//!
//! A group's name holds the process number and start time of the `cell`
//! that made it. One that was killed cannot remove its groups: the next sees
//! that the owner is gone, and does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::poll::poll;

use super::reaper::start_of;

const PREFIX: &str = "lab-cell-";

/// The groups of one cell.
#[derive(Debug, Default)]
pub(super) struct Groups {
    folders: Vec<PathBuf>,
    /// Whether the cell has a share of the processors as a whole.
    processors: bool,
}

impl Groups {
    /// Makes groups with these limits, as far as the machine has the
    /// controllers: [`Promises`](crate::Promises) tells whether it has.
    pub(super) fn make(processes: Option<u64>, memory: Option<u64>) -> Self {
        let mut groups = Groups::default();
        if processes.is_none() && memory.is_none() {
            return groups;
        }
        let name = own_name();
        let hierarchies = Hierarchies::read();
        // The usual share of the processors, but for the cell as a whole: a
        // thousand processes that spin in one cell do not starve the others.
        groups.processors = groups.limit("cpu", &hierarchies, &name, |version| match version {
            Version::One => vec![("cpu.shares", 1024)],
            Version::Two => vec![("cpu.weight", 100)],
        });
        if let Some(total) = processes {
            groups.limit("pids", &hierarchies, &name, |version| match version {
                Version::One | Version::Two => vec![("pids.max", total)],
            });
        }
        if let Some(total) = memory {
            groups.limit("memory", &hierarchies, &name, |version| match version {
                Version::One => vec![
                    ("memory.limit_in_bytes", total),
                    ("?memory.memsw.limit_in_bytes", total),
                    // Not part of the total, as it is in version 2.
                    ("?memory.kmem.tcp.limit_in_bytes", socket_buffers()),
                ],
                Version::Two => vec![("memory.max", total), ("?memory.swap.max", 0)],
            });
        }
        groups
    }

    /// Puts the calling process into the groups. Its children follow.
    pub(super) fn enter(&self) -> io::Result<()> {
        for folder in &self.folders {
            fs::write(folder.join("cgroup.procs"), "0")?;
        }
        Ok(())
    }

    /// Whether what has priority in the cell has it in the cell alone.
    pub(super) fn share_processors(&self) -> bool {
        self.processors
    }

    /// Removes the groups, whose processes have ended.
    pub(super) fn remove(&self) {
        for folder in &self.folders {
            remove(folder);
        }
    }

    fn limit(
        &mut self,
        controller: &'static str,
        hierarchies: &Hierarchies,
        name: &str,
        limits: impl Fn(Version) -> Vec<(&'static str, u64)>,
    ) -> bool {
        let made = hierarchies
            .places(controller)
            .into_iter()
            .find_map(|(parent, version)| {
                sweep(&parent);
                let folder = parent.join(name);
                let is_new = fs::create_dir(&folder).is_ok();
                if write_limits(&folder, &limits(version)).is_ok() {
                    return Some(folder);
                }
                if is_new {
                    remove(&folder);
                }
                None
            });
        let is_made = made.is_some();
        self.folders
            .extend(made.filter(|folder| !self.folders.contains(folder)));
        is_made
    }
}

/// How much the buffers of all TCP sockets of a cell may hold together, bytes:
/// an eighth of what makes the kernel save on those of the whole machine, the
/// checks in other cells among them (`man 7 tcp`, tcp_mem).
fn socket_buffers() -> u64 {
    const PAGE: u64 = 4096;
    const LEAST: u64 = 64 << 20;
    let text = fs::read_to_string("/proc/sys/net/ipv4/tcp_mem").unwrap_or_default();
    let pressure = text.split_ascii_whitespace().nth(1);
    let pages: u64 = pressure.and_then(|word| word.parse().ok()).unwrap_or(0);
    (pages * PAGE / 8).max(LEAST)
}

/// Writes each limit; a name with `?` need not exist.
fn write_limits(folder: &Path, limits: &[(&'static str, u64)]) -> io::Result<()> {
    for (file, value) in limits {
        let optional = file.strip_prefix('?');
        let file = folder.join(optional.unwrap_or(file));
        if optional.is_some() && !file.exists() {
            continue;
        }
        fs::write(file, value.to_string())?;
    }
    Ok(())
}

fn remove(folder: &Path) {
    // A task that ended leaves its group a moment after its parent learned of
    // it: a longer one where memory was short or processors are busy.
    for round in 0..1000 {
        match fs::remove_dir(folder) {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {
                let pause = if round < 20 { 0u8 } else { 1 };
                let _ = poll(&mut [], pause);
            }
            _ => return,
        }
    }
}

fn own_name() -> String {
    let pid = std::process::id();
    format!("{PREFIX}{pid}-{}", start_of(pid as i32).unwrap_or(0))
}

/// Removes the groups of cells that were killed.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some((pid, start)) = name.to_str().and_then(owner) else {
            continue;
        };
        if start_of(pid) != Some(start) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn owner(name: &str) -> Option<(i32, u64)> {
    let (pid, start) = name.strip_prefix(PREFIX)?.split_once('-')?;
    Some((pid.parse().ok()?, start.parse().ok()?))
}

#[derive(Clone, Copy)]
enum Version {
    One,
    Two,
}

/// Where the calling process is in each hierarchy, and where that is mounted.
struct Hierarchies {
    /// Lines of `/proc/self/cgroup`: `ID:CONTROLLERS:PATH`.
    own: String,
    /// Lines of `/proc/self/mountinfo`.
    mounts: String,
}

impl Hierarchies {
    fn read() -> Self {
        Hierarchies {
            own: fs::read_to_string("/proc/self/cgroup").unwrap_or_default(),
            mounts: fs::read_to_string("/proc/self/mountinfo").unwrap_or_default(),
        }
    }

    /// The folders in which a group with this controller may be made, best first.
    fn places(&self, controller: &str) -> Vec<(PathBuf, Version)> {
        let mut places = Vec::new();
        for line in self.own.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
                continue;
            };
            if controllers.split(',').any(|name| name == controller) {
                let own = self.folder("cgroup", Some(controller), path);
                places.extend(own.map(|own| (own, Version::One)));
            } else if controllers.is_empty() {
                let Some(own) = self.folder("cgroup2", None, path) else {
                    continue;
                };
                // A group with processes in it cannot pass a controller on to its
                // children; then the new group goes beside it.
                let passes_on = |folder: &Path| {
                    fs::read_to_string(folder.join("cgroup.subtree_control"))
                        .is_ok_and(|text| text.split_whitespace().any(|name| name == controller))
                };
                let inside = passes_on(&own)
                    || fs::write(own.join("cgroup.subtree_control"), format!("+{controller}"))
                        .is_ok();
                let beside = own.parent().filter(|parent| passes_on(parent));
                match beside {
                    _ if inside => places.push((own, Version::Two)),
                    Some(parent) => places.push((parent.to_owned(), Version::Two)),
                    None => {}
                }
            }
        }
        places
    }

    /// The folder of the group `path` in the hierarchy of this kind.
    fn folder(&self, kind: &str, controller: Option<&str>, path: &str) -> Option<PathBuf> {
        self.mounts.lines().find_map(|line| {
            // man 5 proc_pid_mountinfo: … root mountpoint … - type source options
            let (place, what) = line.split_once(" - ")?;
            let mut what = what.split(' ');
            if what.next()? != kind {
                return None;
            }
            let options = what.nth(1)?;
            if controller.is_some_and(|wanted| !options.split(',').any(|name| name == wanted)) {
                return None;
            }
            let mut place = place.split(' ').skip(3);
            let root = place.next()?;
            let mount_point = place.next()?;
            let below = path.strip_prefix(root.trim_end_matches('/'))?;
            Some(Path::new(mount_point).join(below.trim_start_matches('/')))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_names_its_owner() {
        let pid = std::process::id() as i32;
        assert_eq!(owner(&own_name()), Some((pid, start_of(pid).unwrap())));
        assert_eq!(owner("lab-cell-x-1"), None);
        assert_eq!(owner("system.slice"), None);
    }

    #[test]
    fn folders_are_found_below_a_mounted_root() {
        let hierarchies = Hierarchies {
            own: String::new(),
            mounts:
                "31 23 0:28 /docker/a /sys/fs/cgroup/pids ro,relatime - cgroup cgroup rw,pids\n\
                     32 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                    .to_owned(),
        };
        assert_eq!(
            hierarchies.folder("cgroup", Some("pids"), "/docker/a/b"),
            Some(PathBuf::from("/sys/fs/cgroup/pids/b"))
        );
        assert_eq!(
            hierarchies.folder("cgroup2", None, "/"),
            Some(PathBuf::from("/sys/fs/cgroup/unified/"))
        );
        assert_eq!(hierarchies.folder("cgroup", Some("memory"), "/"), None);
    }
}
