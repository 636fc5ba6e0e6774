//! Attacks by a program that runs.

use jail::Tier;

use crate::alone;
use crate::class::{Class, FORKING, ITERATIVE};
use crate::results::{Report, graded};

/// What an attack is to get.
pub struct Attack {
    name: &'static str,
    score: u64,
    /// The least, where a race of its own decides.
    least: u64,
    /// The most that its checks may take together, in seconds. One check alone
    /// takes at most four times its longest step, should both processors be
    /// busy, and the time in which a thousand processes end.
    seconds: f64,
    /// What the story of its failure says.
    says: &'static str,
    /// What it says in a tier without cells, where that differs.
    without_a_cell: Option<&'static str>,
}

const fn attack(name: &'static str, says: &'static str) -> Attack {
    Attack {
        name,
        score: 0,
        least: 0,
        seconds: 20.0,
        says,
        without_a_cell: None,
    }
}

impl Attack {
    const fn scores(mut self, score: u64, seconds: f64) -> Attack {
        self.score = score;
        self.least = score;
        self.seconds = seconds;
        self
    }

    const fn or_at_least(mut self, least: u64) -> Attack {
        self.least = least;
        self
    }

    /// A tier without cells has promised less, or something is refused there
    /// that ends with a cell.
    const fn without_a_cell(mut self, says: &'static str) -> Attack {
        self.without_a_cell = Some(says);
        self
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn assert(&self, report: &Report) {
        let cell = report.tier().has_cell();
        let says = self.without_a_cell.filter(|_| !cell).unwrap_or(self.says);
        let result = report.of(self.name);
        let score = result.score().clamp(self.least, self.score);
        result.gets(score, self.seconds).says(says);
        if !cell {
            // The network is not closed there; every other way is.
            for way in ["abstract", "Unix", "/run/", "family", "raw IP"] {
                result.never_says(&format!("got {way}"));
            }
        }
    }
}

/// Reaching for the verdict, the judge, the lab, the machine.
pub const FORGERS: &[Attack] = &[
    attack("exits-at-once", "It ended, and no socket listens"),
    attack("prints-a-verdict", "test result: ok. 1 passed"),
    attack("runs-before-main", "had ended with status 0"),
    attack("replaces-the-library", "no socket listens"),
    attack("traces-its-judge", "attempts, 0 succeeded"),
    attack("kills-its-judge", "attempts, 0 succeeded"),
    attack("writes-the-verdict", "attempts, 0 succeeded"),
    attack("reads-the-lab", "attempts, 0 succeeded"),
    attack("calls-by-other-numbers", "attempts, 0 succeeded"),
    attack("reaches-out", "attempts, 0 succeeded").without_a_cell("attempts, "),
    attack("closes-everything", "waits in pause"),
    attack("leaves-a-daemon", "received nothing"),
    attack(
        "leader-is-a-zombie",
        "a client on something that does not listen",
    ),
    attack("paints-the-screen", "status 101"),
    // Three queues come with a cell, and go with it.
    attack("keeps-shared-memory", "attempts, 3 succeeded").without_a_cell("attempts, 0 succeeded"),
    attack("digs-deep-folders", "had ended with status 0"),
];

/// Taking all that there is, so that nothing is left for others. What is
/// counted by process in a lesser tier is no less bounded there, but together
/// it may be more than a small machine has.
const HOARDERS: &[Attack] = &[
    attack("forks-without-end", "more processes"),
    attack("threads-without-end", "No socket listens"),
    attack("memory-without-end", "No socket listens"),
    attack("shared-memory-without-end", "socket listens"),
    attack("hoards-terminals", "at most 64 terminals"),
    attack("hoards-files", "No socket listens"),
    attack("hoards-buffers", "No socket listens"),
    attack("floods-its-output", "prints without end"),
    attack("floods-its-client", "more"),
    attack("fills-the-disk", "at most 96 MiB"),
];

/// Right in part: they get the points of what is right, and no more.
const CHEATS: &[Attack] = &[
    // What asks for the process that was started fails: there is none. The port
    // is free for the next start when the orphan, which nobody waits for, is dead.
    attack("hands-its-port-to-an-orphan", "had ended with status 0")
        .scores(90, 60.0)
        .or_at_least(86),
    attack("hides-from-its-judge", "more descriptors").scores(96, 60.0),
    attack("floods-a-slow-reader", "received more and more").scores(97, 60.0),
    // Half of 45 s, and all others.
    attack("answers-too-slowly", "all 1,000 rounds together").scores(96, 60.0),
];

/// Half of the usual time for each step: most of these hang on purpose.
const PATIENCE: f64 = 0.5;

#[test]
fn forgers_get_nothing() {
    let _alone = alone();
    let mut class = Class::new();
    for attack in FORGERS {
        class.running(attack.name);
    }
    class.honest(ITERATIVE);
    let report = graded(&class, PATIENCE, &["--only", "09"]);
    for attack in FORGERS {
        attack.assert(&report);
    }
    report.assert_the_honest_are_untouched();
    let stories = report.of("paints-the-screen").stories();
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!stories.contains(control), "{stories:?}");
}

#[test]
fn hoarders_take_nothing_from_those_beside_them() {
    let _alone = alone();
    let mut class = Class::new();
    for (number, attack) in HOARDERS.iter().enumerate() {
        class.running(attack.name);
        // Two at a time: this one is judged while a hoarder runs.
        if number % 3 == 0 {
            class.honest(ITERATIVE);
        }
    }
    class.forking("forks-for-a-client");
    class.honest(FORKING);
    let report = graded(&class, PATIENCE, &["--only", "09,10"]);
    let bounded = report.tier().has_cell();
    for attack in HOARDERS {
        // Without a cell, files are bounded each, not together.
        if bounded || attack.name != "fills-the-disk" {
            attack.assert(&report);
        }
    }
    report.of("forks-for-a-client").gets(0, 20.0);
    report.assert_the_honest_are_untouched();
}

#[test]
fn cheats_get_the_points_of_what_is_right() {
    let _alone = alone();
    let mut class = Class::new();
    for attack in CHEATS {
        class.running(attack.name);
    }
    class.honest(ITERATIVE);
    let report = graded(&class, PATIENCE, &["--only", "09"]);
    for attack in CHEATS {
        attack.assert(&report);
    }
    report.assert_the_honest_are_untouched();
}

/// As on a machine without namespaces.
#[test]
fn forgers_get_nothing_without_a_cell() {
    let _alone = alone();
    let mut class = Class::new();
    for attack in FORGERS {
        class.running(attack.name);
    }
    class.building("includes-a-solution");
    class.building("includes-secrets");
    class.honest(ITERATIVE);
    let report = graded(&class, PATIENCE, &["--only", "09", "--tier", "jail"]);
    assert_eq!(report.tier(), Tier::Jail);
    for attack in FORGERS {
        attack.assert(&report);
    }
    crate::building::assert_nothing_was_read(&report);
    report.assert_the_honest_are_untouched();
}
