//! Processes, memory and processor time.

use std::fs;

use jail::Limits;

use crate::bench::{Identity, answer, bench, cells, is_root, output, places, tight};

#[test]
fn a_fork_bomb_is_bounded() {
    for place in places() {
        let attack = place.attack(place.jail().slot(11).limits(tight()), "fork-bomb");
        let output = output(place.shell(&place.cell(), &attack));
        let (made, error) = answer(&output.stdout).split_once(' ').unwrap();
        assert!(error.starts_with("EAGAIN"), "{place:?}: {error}");
        let made: u64 = made.parse().unwrap();
        // Without a user of its own, all on the machine are counted in advance.
        let counted_alone = place.tier.has_cell() || (is_root() && place.identity == Identity::Own);
        let most = if counted_alone { 24 } else { 24 + 5_000 };
        assert!(made > 0 && made <= most, "{place:?}: {made}");
    }
}

#[test]
fn processes_are_bounded_together() {
    let promises = bench().found(Identity::Own).promises;
    for place in cells() {
        if place.identity != Identity::Own || !promises.processes_counted {
            continue;
        }
        let cell = place.cell().processes(12);
        let attack = place.attack(place.jail(), "fork-bomb");
        let output = output(place.shell(&cell, &attack));
        let (made, _) = answer(&output.stdout).split_once(' ').unwrap();
        assert!(made.parse::<u64>().unwrap() < 12, "{place:?}: {made}");
    }
}

#[test]
fn memory_is_bounded_in_each_process() {
    for place in places() {
        let limits = Limits {
            memory: 64 << 20,
            ..Limits::default()
        };
        for (bytes, fits) in [(16 << 20, true), (256 << 20, false)] {
            let name = format!("memory:{bytes}");
            let attack = place.attack(place.jail().limits(limits.clone()), &name);
            let output = output(place.shell(&place.cell(), &attack));
            assert_eq!(
                answer(&output.stdout) == "done",
                fits,
                "{place:?}: {output:?}"
            );
        }
    }
}

#[test]
fn memory_is_bounded_together_and_the_judge_lives() {
    let promises = bench().found(Identity::Own).promises;
    for place in cells() {
        if place.identity != Identity::Own || !promises.memory_counted {
            continue;
        }
        let cell = place.cell().memory(96 << 20);
        let attack = place.attack(place.jail(), &format!("memory-together:{}", 48 << 20));
        let output = output(place.shell(&cell, &format!("{attack}; echo alive")));
        assert!(output.stdout.ends_with("alive\n"), "{place:?}: {output:?}");
        // The kernel may end the attacker before it can count.
        if output.stdout.contains("attack: ") {
            let had: u32 = answer(&output.stdout).parse().unwrap();
            assert!(had < 4, "{place:?}: {had}");
        }
    }
}

#[test]
fn processor_time_is_bounded() {
    for place in places() {
        let limits = Limits {
            cpu: 1,
            ..Limits::default()
        };
        let attack = place.attack(place.jail().limits(limits), "spin");
        let output = output(place.shell(&place.cell(), &format!("{attack}; echo $?")));
        // SIGXCPU ends it.
        assert!(output.stdout.ends_with("152\n"), "{place:?}: {output:?}");
    }
}

#[test]
fn no_control_group_is_left_behind() {
    for place in cells() {
        let mut cell = place
            .shell(
                &place.cell().processes(64).memory(64 << 20),
                "echo $PPID; cat /proc/self/cgroup",
            )
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = cell.id();
        assert!(cell.wait().unwrap().success());
        assert_eq!(groups_of(pid), Vec::<String>::new(), "{place:?}");
    }
}

/// The control groups that this `cell` made, wherever they are.
pub fn groups_of(pid: u32) -> Vec<String> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap();
    let prefix = format!("lab-cell-{pid}-");
    let mut found = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next().unwrap(), parts.next().unwrap());
        let mount = match controllers {
            "" => "/sys/fs/cgroup".to_owned(),
            names => format!("/sys/fs/cgroup/{names}"),
        };
        let folder = format!("{mount}{path}");
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.extend(name.starts_with(&prefix).then_some(name));
        }
    }
    found
}
