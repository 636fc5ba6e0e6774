//! A cell ends, for whatever reason: nothing of it is left.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jail::{Cell, DEADLINE_PASSED, Jail, Tier, UNAVAILABLE};

use crate::bench::{Identity, Place, RunBy, bench, cells, output, places, processes_with};
use crate::totals::groups_of;

/// A text that no other process has in its command line.
fn marker() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("lab-marker-{}-{count}", std::process::id())
}

#[test]
fn the_exit_status_is_passed_on() {
    for place in places() {
        for (script, status) in [
            ("exit 0", 0),
            ("exit 7", 7),
            ("exit 101", 101),
            ("kill -KILL $$", 137),
            ("kill -TERM $$", 143),
        ] {
            let output = output(place.shell(&place.cell(), script));
            assert_eq!(
                output.status.code(),
                Some(status),
                "{place:?} {script}: {output:?}"
            );
        }
    }
}

#[test]
fn a_program_that_does_not_exist_is_said() {
    for place in places() {
        let command = place.cell().command("/no/such/program", [""; 0]);
        let output = output(command.run_by(place.identity));
        assert_eq!(output.status.code(), Some(UNAVAILABLE));
        let expected = "cell: /no/such/program: No such file or directory (os error 2)\n";
        assert_eq!(output.stderr, expected, "{place:?}");
    }
}

#[test]
fn a_daemon_dies_with_the_cell_and_does_not_delay_its_end() {
    for place in places() {
        let marker = marker();
        let attack = place.attack(place.jail(), &format!("daemon:{marker}"));
        // Reads to the end of file: the daemon holds standard output open.
        let output = output(place.shell(&place.cell(), &attack));
        assert!(output.status.success(), "{place:?}: {output:?}");
        assert_eq!(processes_with(&marker), Vec::<String>::new(), "{place:?}");
    }
}

#[test]
fn a_daemon_of_the_judge_dies_too() {
    for place in places() {
        let marker = marker();
        let script =
            format!("setsid sh -c 'while :; do sleep 1000; done' {marker} & sleep 1000 & exit 3");
        let output = output(place.shell(&place.cell(), &script));
        assert_eq!(output.status.code(), Some(3), "{place:?}: {output:?}");
        assert_eq!(processes_with(&marker), Vec::<String>::new(), "{place:?}");
    }
}

#[test]
fn what_forks_and_ends_over_and_over_ends_with_the_cell() {
    for place in places() {
        // A process has a name of at most 15 bytes.
        let name = marker().replace("lab-marker-", "hop-");
        let attack = place.attack(place.jail(), &format!("hop:{name}"));
        for end in ["exit 3", "exec sleep 1000"] {
            let cell = place.cell().deadline(Duration::from_secs(2));
            let output = output(place.shell(&cell, &format!("{attack}; {end}")));
            let status = if end == "exit 3" { 3 } else { DEADLINE_PASSED };
            assert_eq!(output.status.code(), Some(status), "{place:?}: {output:?}");
            let left = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
                let comm = fs::read_to_string(entry.path().join("comm"));
                comm.is_ok_and(|comm| comm.trim_end() == name)
            });
            assert_eq!(left.count(), 0, "{place:?}");
        }
    }
}

#[test]
fn a_killed_cell_leaves_nothing() {
    for place in places() {
        let marker = marker();
        let mut running = Running::start(place, &place.cell(), &marker);
        let pid = running.child.id();
        running.child.kill().unwrap();
        running.is_over(&marker);
        // The next cell removes what a killed one could not.
        let next = place.cell().processes(64).memory(64 << 20);
        assert!(output(place.shell(&next, "true")).status.success());
        assert_eq!(groups_of(pid), Vec::<String>::new(), "{place:?}");
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains("/.machine") && !mounts.contains(" /scratch "));
    }
}

#[test]
fn a_cell_that_is_asked_to_end_does() {
    for place in places() {
        let marker = marker();
        let cell = place.cell().processes(64).memory(64 << 20);
        let mut running = Running::start(place, &cell, &marker);
        let pid = nix::unistd::Pid::from_raw(running.child.id() as i32);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let status = running.is_over(&marker);
        assert_eq!(status.code(), Some(143), "{place:?}");
        assert_eq!(
            groups_of(pid.as_raw() as u32),
            Vec::<String>::new(),
            "{place:?}"
        );
    }
}

#[test]
fn a_cell_dies_with_its_holder() {
    for place in places() {
        let marker = marker();
        let script = format!("echo ready; exec sh -c 'while :; do sleep 1000; done' {marker}");
        let cell = bench().path("cell");
        // The shell is the holder; it waits for the cell.
        let holder = format!(
            "{} --tier {} --holder $$ --chdir / -- /bin/sh -c \"{script}\" & wait",
            cell.display(),
            place.tier
        );
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &holder]);
        let mut running = Running::of(command.run_by(place.identity));
        running.child.kill().unwrap();
        running.is_over(&marker);
    }
}

#[test]
fn a_cell_whose_holder_is_gone_does_not_start() {
    for place in places() {
        let mut command = Command::new(bench().path("cell"));
        command.args([
            "--tier",
            place.tier.name(),
            "--holder",
            "1",
            "--",
            "/bin/true",
        ]);
        let output = output(command.run_by(place.identity));
        assert_eq!(
            output.status.code(),
            Some(UNAVAILABLE),
            "{place:?}: {output:?}"
        );
    }
}

#[test]
fn everything_is_killed_at_the_deadline() {
    for place in places() {
        let marker = marker();
        let cell = place.cell().deadline(Duration::from_millis(50));
        let mut running = Running::start(place, &cell, &marker);
        let status = running.is_over(&marker);
        assert_eq!(status.code(), Some(DEADLINE_PASSED), "{place:?}");
    }
}

#[test]
fn tier_none_ends_everything_as_well() {
    let marker = marker();
    let place = Place {
        identity: Identity::Own,
        tier: Tier::None,
    };
    let cell = Cell::new(Tier::None, bench().path("cell")).current_dir("/");
    let jail = Jail::new(Tier::None).scratch("/");
    let attack = place.attack(jail, &format!("daemon:{marker}"));
    assert!(output(place.shell(&cell, &attack)).status.success());
    assert_eq!(processes_with(&marker), Vec::<String>::new());
}

#[test]
fn the_parent_of_processes_is_the_first_process() {
    for place in cells() {
        let script = "sh -c 'sh -c \"while [ \\$PPID != 1 ] && [ -e /proc/\\$PPID ]; do :; done; echo over\" &' ; wait; echo $PPID";
        let output = output(place.shell(&place.cell(), script));
        assert!(output.stdout.contains("1\n"), "{place:?}: {output:?}");
    }
}

#[test]
fn a_cell_is_joined_by_its_owner_and_the_one_who_joined_ends_with_it() {
    for place in cells() {
        let marker = marker();
        let cell = place.cell();
        let mut running = Running::start(place, &cell, &marker);
        let holder = running.child.id();
        let join = |script: &str, identity| {
            cell.join(holder, "/bin/sh", ["-c", script])
                .run_by(identity)
        };
        let seen = output(join(
            "hostname; pwd; ls /root; kill -0 1 && exit 7",
            place.identity,
        ));
        assert_eq!(seen.status.code(), Some(7), "{place:?}: {seen:?}");
        assert_eq!(seen.stdout, "lab\n/scratch\n", "{place:?}: {seen:?}");
        if place.identity == Identity::Own && nix::unistd::geteuid().is_root() {
            let stranger = output(join("echo inside", Identity::Nobody));
            assert_eq!(stranger.status.code(), Some(UNAVAILABLE), "{stranger:?}");
            assert_eq!(stranger.stdout, "");
        }
        let mut joined = Running::of(join(
            &format!("echo ready; exec sh -c 'while :; do sleep 1000; done' {marker}"),
            place.identity,
        ));
        running.child.kill().unwrap();
        // Nobody holds the one output open, nor then the other.
        joined.said.read_to_string(&mut String::new()).unwrap();
        running.is_over(&marker);
        joined.child.wait().unwrap();
    }
}

/// A cell in which a program with this marker, and a daemon of its own, run.
struct Running {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Running {
    fn start(place: Place, cell: &Cell, marker: &str) -> Self {
        let script = format!(
            "setsid sh -c 'while :; do sleep 1000; done' {marker} & \
             echo ready; exec sh -c 'while :; do sleep 1000; done' {marker}"
        );
        Running::of(place.shell(cell, &script))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        Running { child, said }
    }

    /// Waits until nobody holds the output open: then nobody is there.
    fn is_over(&mut self, marker: &str) -> std::process::ExitStatus {
        self.said.read_to_string(&mut String::new()).unwrap();
        assert_eq!(processes_with(marker), Vec::<String>::new());
        self.child.wait().unwrap()
    }
}
