//! What an attack may have left on the machine.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::repository;

/// By what the processes of one class are known, what outlives a process, and the
/// machine as it was before.
pub struct Mark {
    text: String,
    key: i32,
    before: Machine,
}

impl Mark {
    pub fn new() -> Mark {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = std::process::id() << 6 | COUNT.fetch_add(1, Ordering::Relaxed);
        // No double fork and no new session leads away from here: who escapes the
        // lab becomes a child of this process.
        set_child_subreaper(true).unwrap();
        Mark {
            // A process has a name of at most 15 bytes.
            text: format!("lh-{number:08x}"),
            key: (number & 0x7fff_ffff) as i32,
            before: Machine::now(),
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key of what was shared (`man 3 ftok`).
    pub fn key(&self) -> i32 {
        self.key
    }

    /// Nothing of the class is left: no process (and so no namespace and no port
    /// that one holds), no mount, no namespace that a mount holds, no control group,
    /// no file, no socket, nothing that is shared, no key; and the lab's own sources
    /// are what they were.
    pub fn assert_nothing_is_left(&self) {
        assert_eq!(self.processes(), Vec::<String>::new());
        assert_eq!(self.shared(), Vec::<String>::new());
        let mut now = Machine::now();
        now.strangers
            .retain(|one| !self.before.strangers.contains(one));
        now.mounts.retain(|one| !self.before.mounts.contains(one));
        now.groups.retain(|one| !self.before.groups.contains(one));
        now.runs.retain(|one| !self.before.runs.contains(one));
        now.files.retain(|one| !self.before.files.contains(one));
        now.sockets.retain(|one| !self.before.sockets.contains(one));
        now.sources
            .retain(|path, found| self.before.sources.get(path) != Some(found));
        let nothing = Machine::default();
        assert_eq!(now, nothing, "left behind");
    }

    /// By their name, which no child loses; and what named itself otherwise, by
    /// where it has come to.
    fn processes(&self) -> Vec<String> {
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter_map(|entry| fs::read(entry.path().join("stat")).ok())
            .map(|stat| String::from_utf8_lossy(&stat).into_owned())
            .filter(|stat| stat.contains(&format!("({})", self.text)))
            .collect()
    }

    /// What is known by the key, or by the name.
    fn shared(&self) -> Vec<String> {
        let key = self.key.to_string();
        let mut found = Vec::new();
        for table in ["shm", "msg", "sem"] {
            let text = fs::read_to_string(format!("/proc/sysvipc/{table}")).unwrap_or_default();
            let lines = text.lines();
            let ours = lines.filter(|line| line.split_whitespace().next() == Some(&key));
            found.extend(ours.map(|line| format!("{table}: {line}")));
        }
        for folder in ["/dev/mqueue", "/dev/shm", "/tmp", "/var/tmp", "/run"] {
            let path = Path::new(folder).join(&self.text);
            if path.exists() {
                found.push(path.display().to_string());
            }
        }
        found
    }
}

/// What there is on this machine that a student's program could have made. Others
/// use the machine too: of what is common to all, only that which belongs to a user
/// of the lab's, or has a name of the lab's, counts.
#[derive(Debug, Default, PartialEq)]
struct Machine {
    /// Children of this process that it did not start: their parents have ended.
    strangers: Vec<String>,
    /// Mounts of the lab's, and namespaces that are kept alive by one.
    mounts: Vec<String>,
    /// Control groups of cells that have ended.
    groups: Vec<String>,
    /// Folders of runs that have ended.
    runs: Vec<String>,
    /// Files where everybody may write.
    files: Vec<String>,
    /// Sockets that listen or have a name, and keys, of students' users.
    sockets: Vec<String>,
    /// The lab's sources: length and time of each.
    sources: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Machine {
    fn now() -> Machine {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let of_the_lab = |line: &&str| {
            ["lab-run-", "/.machine", " /scratch ", " - nsfs "]
                .iter()
                .any(|part| line.contains(part))
        };
        let mut sources = BTreeMap::new();
        for folder in ["crates", "exercises", "solutions", "xtask", ".cargo"] {
            walk(&repository().join(folder), &mut sources);
        }
        for file in ["Cargo.toml", "Cargo.lock"] {
            look(&repository().join(file), &mut sources);
        }
        Machine {
            strangers: strangers(),
            mounts: mounts
                .lines()
                .filter(of_the_lab)
                .map(str::to_owned)
                .collect(),
            groups: abandoned_groups(),
            runs: [crate::target().join("lab"), std::env::temp_dir()]
                .iter()
                .flat_map(|base| abandoned_folders(base))
                .collect(),
            files: files(),
            sockets: sockets(),
            sources,
        }
    }
}

/// The users that students' programs are where root judges.
fn is_a_student(user: u32) -> bool {
    (64_000..65_000).contains(&user)
}

/// Takes away what has ended already.
fn strangers() -> Vec<String> {
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = fs::read(entry.path().join("stat")) else {
            continue;
        };
        let stat = String::from_utf8_lossy(&stat).into_owned();
        // man 5 proc_pid_stat: behind the name come the state and the parent.
        let mut rest = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let state = rest.next().unwrap_or_default();
        if rest.next() != Some(&own) {
            continue;
        }
        let pid = entry.file_name().to_string_lossy().parse().unwrap();
        if state == "Z" {
            let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
        } else {
            found.push(stat);
        }
    }
    found
}

/// Of everybody's folders what belongs to a student, and cores of programs.
fn files() -> Vec<String> {
    let mut found = Vec::new();
    let target = crate::target().join("lab");
    let own = [repository(), target.as_path()];
    let common = [
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/run",
        "/dev/mqueue",
        "/var/lib/systemd/coredump",
    ];
    for folder in common.iter().map(Path::new).chain(own) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_core = own.contains(&folder) && (name == "core" || name.starts_with("core."));
            let owner = entry.metadata().map_or(0, |found| found.uid());
            if is_core || is_a_student(owner) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

/// What listens, and what is kept by a key, of students' users.
fn sockets() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        for line in read(&format!("/proc/net/{table}")).lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            // Time-wait (06) and the like belong to nobody any more.
            let listens = words
                .get(3)
                .is_some_and(|state| ["0A", "07"].contains(state));
            let user = words.get(7).and_then(|user| user.parse().ok());
            if listens && user.is_some_and(is_a_student) {
                found.push(format!("{table}: {line}"));
            }
        }
    }
    for line in read("/proc/key-users").lines() {
        let user = line
            .split(':')
            .next()
            .and_then(|user| user.trim().parse().ok());
        if user.is_some_and(is_a_student) {
            found.push(line.to_owned());
        }
    }
    // The column of the owner: man 5 proc_sysvipc.
    for (table, owner) in [("shm", 7), ("msg", 7), ("sem", 4)] {
        for line in read(&format!("/proc/sysvipc/{table}")).lines().skip(1) {
            let user = line
                .split_whitespace()
                .nth(owner)
                .and_then(|word| word.parse().ok());
            if user.is_some_and(is_a_student) {
                found.push(format!("{table}: {line}"));
            }
        }
    }
    found
}

fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, (u64, Option<SystemTime>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, found),
            _ => look(&path, found),
        }
    }
}

fn look(path: &Path, found: &mut BTreeMap<PathBuf, (u64, Option<SystemTime>)>) {
    if let Ok(about) = fs::symlink_metadata(path) {
        found.insert(path.to_owned(), (about.len(), about.modified().ok()));
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
