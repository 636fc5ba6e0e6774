//! What an attack may have left on the machine.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::fcntl::{Flock, FlockArg};

/// By what the processes of one class are known, and what outlives a process.
pub struct Mark {
    text: String,
    key: i32,
    /// Control groups that others had left before.
    groups: Vec<String>,
}

impl Mark {
    pub fn new() -> Mark {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = std::process::id() << 6 | COUNT.fetch_add(1, Ordering::Relaxed);
        Mark {
            // A process has a name of at most 15 bytes.
            text: format!("lh-{number:08x}"),
            key: (number & 0x7fff_ffff) as i32,
            groups: abandoned_groups(),
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key of what was shared (`man 3 ftok`).
    pub fn key(&self) -> i32 {
        self.key
    }

    /// Nothing of the class is left: no process (and so no port), nothing that is
    /// shared, no folder, no mount, no control group.
    pub fn assert_nothing_is_left(&self) {
        assert_eq!(self.processes(), Vec::<String>::new());
        for table in ["shm", "msg", "sem"] {
            let text = fs::read_to_string(format!("/proc/sysvipc/{table}")).unwrap_or_default();
            let key = self.key.to_string();
            let found = text
                .lines()
                .find(|line| line.split_whitespace().next() == Some(&key));
            assert_eq!(found, None, "{table}");
        }
        assert_eq!(
            abandoned_folders(&crate::target().join("lab")),
            Vec::<String>::new()
        );
        assert_eq!(
            abandoned_folders(&std::env::temp_dir()),
            Vec::<String>::new()
        );
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let mount = mounts.lines().find(|line| line.contains("lab-run-"));
        assert_eq!(mount, None);
        let mut groups = abandoned_groups();
        groups.retain(|group| !self.groups.contains(group));
        assert_eq!(groups, Vec::<String>::new());
    }

    fn processes(&self) -> Vec<String> {
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
            .filter(|stat| stat.contains(&format!("({})", self.text)))
            .collect()
    }
}

/// Folders of runs of which none is alive. A living run locks its own.
fn abandoned_folders(base: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(base) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("lab-run-"))
        .filter(|entry| {
            let lock = fs::File::open(entry.path().join("lock"));
            lock.is_ok_and(|file| Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok())
        })
        .map(|entry| entry.path().display().to_string())
        .collect()
}

/// Groups of cells that have ended: the name says whose it is.
fn abandoned_groups() -> Vec<String> {
    // Where this process is, in each hierarchy, and beside it in the one of
    // version 2: elsewhere are others' runs.
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let root = Path::new("/sys/fs/cgroup");
    let mut found = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(name), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let place = root.join(name).join(path.trim_start_matches('/'));
        look_for_groups(&place, &mut found);
        if let Some(above) = place.parent().filter(|above| above.starts_with(root)) {
            look_for_groups(above, &mut found);
        }
    }
    found
}

fn look_for_groups(folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix("lab-cell-")
            .and_then(|rest| rest.split('-').next());
        // It may be removed at this moment.
        if owner.is_some_and(is_gone) && entry.path().exists() {
            found.push(entry.path().display().to_string());
        }
    }
}

fn is_gone(pid: &str) -> bool {
    !Path::new("/proc").join(pid).exists()
}
