//! The table of attacks: each one's file, what it goes for, what it is to get, in
//! which tier something else, and what a machine must promise for it to be tried.
//!
//! What is true of all of them is not in it: nothing is left afterwards (`left.rs`),
//! the honest submissions beside them get their usual report (`suite.rs`), nothing
//! that is said of them is obeyed by a terminal (`results.rs`).

use crate::attack::Kind::{Cheat, Compiler, Endless, Forger, Hoarder};
use crate::attack::{Attack, Kind, Promise, attack, unbuilt};
use crate::class::{CLIENT, FORKING};
use crate::results::Result;

/// Where memory is counted by process, a thousand processes have a thousand times
/// what one may have: the kernel ends some process, students' first.
const MEMORY: Promise = |promises| promises.memory_counted;
const OF_MEMORY: &str = "takes the memory of the machine, until the kernel ends it";

/// Where the network is the machine's, so are its ports.
const NETWORK: Promise = |promises| promises.network_closed;
const OF_PORTS: &str = "takes the ports of the machine, until it is ended";

/// Every attack, by what it goes for.
pub const ATTACKS: &[Attack] = &[
    // Reading what a student may not read, by every way that a compiler, an
    // assembler or a linker opens files. Of the first three, each file is refused: a
    // single one that was read would not be told of.
    unbuilt(Compiler, "includes-a-solution", "couldn't read").also(|it| refused(it, 7)),
    unbuilt(Compiler, "includes-secrets", "couldn't read").also(|it| refused(it, 7)),
    unbuilt(Compiler, "includes-a-neighbour", "couldn't read").also(|it| refused(it, 9)),
    unbuilt(Compiler, "is-a-solution-elsewhere", "couldn't read"),
    unbuilt(
        Compiler,
        "spreads-over-files",
        "file not found for module `helper`",
    ),
    unbuilt(
        Compiler,
        "assembles-a-solution",
        "Could not find incbin file",
    ),
    unbuilt(Compiler, "links-a-solution", "unable to find library"),
    unbuilt(
        Compiler,
        "reads-the-labs-variables",
        "`LAB_SEED` not defined",
    ),
    // Having the compiler do what is not for students.
    unbuilt(Compiler, "asks-for-more", "error").harmless(),
    unbuilt(Compiler, "is-a-plugin", "error").harmless(),
    unbuilt(
        Compiler,
        "borrows-the-labs-crates",
        "can't find crate for `grader`",
    )
    .harmless(),
    unbuilt(Compiler, "overrides-the-entry", "error").harmless(),
    // Taking too much of something; each ends by itself or is ended.
    unbuilt(Compiler, "reads-without-end", "couldn't read `/dev/zero`"),
    unbuilt(Compiler, "waits-without-end", "couldn't read"),
    unbuilt(Compiler, "grows-without-end", "error"),
    unbuilt(Compiler, "makes-a-large-program", "the compiler was ended"),
    unbuilt(Compiler, "nests-without-end", "error"),
    unbuilt(Compiler, "instantiates-without-end", "overflow").harmless(),
    unbuilt(
        Endless,
        "evaluates-without-end",
        "the compiler was stopped after 60 s",
    ),
    // Its memory may end before its time.
    unbuilt(Endless, "expands-without-end", "the compiler was "),
    // What is said of it.
    unbuilt(
        Compiler,
        "complains-without-end",
        "more bytes are not shown",
    )
    .harmless(),
    unbuilt(Compiler, "complains-of-a-long-line", "mismatched types").harmless(),
    unbuilt(Compiler, "paints-the-screen-early", "owned").harmless(),
    unbuilt(Compiler, "speaks-as-a-report-early", "owned").harmless(),
    // Looking like a success, or like the lab.
    attack(Forger, "exits-at-once", "It ended, and no socket listens").harmless(),
    attack(Forger, "prints-a-verdict", "test result: ok. 1 passed").harmless(),
    attack(Forger, "runs-before-main", "had ended with status 0").harmless(),
    attack(Forger, "replaces-the-library", "no socket listens").harmless(),
    attack(Forger, "names-its-own-loader", "").harmless(),
    attack(Forger, "ends-as-the-jail-does", "status 125").harmless(),
    attack(Forger, "ends-as-a-check-does", "status 70").harmless(),
    attack(Forger, "speaks-for-its-judge", "status 3")
        .harmless()
        .also(|it| {
            let told = it.stories();
            let headings = told
                .lines()
                .filter(|line| line.starts_with("What happened instead"));
            it.assert(headings.count() == 1, "tells the story itself");
        }),
    attack(Forger, "speaks-as-a-report", "status 4").harmless(),
    attack(Forger, "paints-the-screen", "status 101").harmless(),
    // Reaching for the judge.
    attack(Forger, "traces-its-judge", "attempts, 0 succeeded"),
    attack(Forger, "kills-its-judge", "attempts, 0 succeeded"),
    attack(Forger, "writes-the-verdict", "attempts, 0 succeeded"),
    attack(Forger, "uses-what-was-left-open", "attempts, 0 succeeded"),
    attack(Forger, "spoils-its-terminal", "waits in pause"),
    attack(Forger, "closes-everything", "waits in pause"),
    // Reaching for the lab, others' work, the machine.
    attack(Forger, "reads-the-lab", "attempts, 0 succeeded"),
    attack(Forger, "replaces-its-binary", "attempts, 0 succeeded"),
    attack(Forger, "remembers-its-last-check", "attempts, 0 succeeded"),
    attack(Forger, "calls-by-other-numbers", "attempts, 0 succeeded"),
    attack(Forger, "becomes-another", "attempts, 0 succeeded"),
    attack(Forger, "rebuilds-its-world", "attempts, 0 succeeded"),
    attack(Forger, "changes-the-network", "attempts, 0 succeeded"),
    attack(Forger, "asks-for-more-room", "attempts, 0 succeeded"),
    attack(Forger, "reaches-out", "attempts, 0 succeeded").without_a_cell("attempts, "),
    // Staying, or leaving something.
    attack(Forger, "leaves-a-daemon", "received nothing"),
    attack(Forger, "leaves-a-family", "had ended with status 0"),
    attack(Forger, "hops-from-process-to-process", ""),
    attack(
        Forger,
        "leader-is-a-zombie",
        "waits in accept(3): it waits for a new client",
    )
    .harmless(),
    attack(Forger, "stops-itself", "No socket listens"),
    // Three queues come with a cell, and go with it.
    attack(Forger, "keeps-shared-memory", "attempts, 3 succeeded")
        .without_a_cell("attempts, 0 succeeded"),
    attack(Forger, "digs-deep-folders", "had ended with status 0"),
    attack(Forger, "dumps-its-core", "SIGABRT"),
    // Taking all that there is. What is counted by process in a lesser tier is no
    // less bounded there, but together it may be more than a small machine has.
    attack(Hoarder, "forks-without-end", "more processes"),
    attack(Hoarder, "forks-for-a-client", "").of(FORKING),
    attack(Hoarder, "threads-without-end", "No socket listens"),
    attack(Hoarder, "recurses-without-end", "SIG").harmless(),
    attack(Hoarder, "memory-without-end", "socket listens").needs(MEMORY, OF_MEMORY),
    attack(Hoarder, "shared-memory-without-end", "socket listens").needs(MEMORY, OF_MEMORY),
    attack(Hoarder, "hoards-buffers", "No socket listens").needs(MEMORY, OF_MEMORY),
    attack(Hoarder, "hoards-kernel-objects", "No socket listens").long(),
    attack(Hoarder, "hoards-terminals", "at most 64 terminals"),
    attack(Hoarder, "hoards-files", "No socket listens"),
    attack(Hoarder, "fills-the-disk", "at most 128 MiB")
        // Files are bounded each, not together; a disk is slower than memory.
        .without_a_cell(""),
    attack(Hoarder, "writes-sparse-files", "attempts, 0 succeeded"),
    attack(Hoarder, "listens-on-every-port", "")
        .needs(NETWORK, OF_PORTS)
        .long(),
    attack(Hoarder, "knocks-without-end", "")
        .of(CLIENT)
        .needs(NETWORK, OF_PORTS)
        .long(),
    attack(Hoarder, "floods-its-output", "prints without end"),
    attack(Hoarder, "floods-its-client", "more"),
    // Right in part: they get the points of what is right, and no more. What asks
    // for the process that was started fails: there is none. The port is free for
    // the next start when the orphan, which nobody waits for, is dead.
    attack(
        Cheat,
        "hands-its-port-to-an-orphan",
        "had ended with status 0",
    )
    .scores(90, 60.0)
    .or_at_least(86),
    attack(Cheat, "hides-from-its-judge", "more descriptors").scores(96, 60.0),
    attack(Cheat, "floods-a-slow-reader", "received more and more").scores(97, 60.0),
    // The short lines, where deadlines are stretched.
    attack(Cheat, "drips-its-answers", "received")
        .scores(40, 60.0)
        .or_at_least(0)
        .long(),
    // Half of 45 s, and all others.
    attack(Cheat, "answers-too-slowly", "all 1,000 rounds together")
        .scores(96, 60.0)
        .long(),
];

/// The attacks that go for this.
pub fn of(kind: Kind) -> impl Iterator<Item = &'static Attack> {
    ATTACKS.iter().filter(move |attack| attack.kind == kind)
}

fn refused(result: &Result<'_>, files: usize) {
    let refused = result.message().matches("couldn't read").count();
    result.assert(
        refused == files,
        &format!("read {} files", files.abs_diff(refused)),
    );
}

#[test]
fn every_attack_is_in_the_table_once() {
    let mut named: Vec<String> = ATTACKS.iter().map(Attack::file).collect();
    named.sort();
    let count = named.len();
    named.dedup();
    assert_eq!(named.len(), count);
    let mut there = Vec::new();
    for folder in ["build", "run", "08", "10"] {
        let path = crate::repository().join("xtask/tests/hostile").join(folder);
        for entry in std::fs::read_dir(path).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            there.push(format!("{folder}/{name}"));
        }
    }
    there.sort();
    assert_eq!(named, there);
}
