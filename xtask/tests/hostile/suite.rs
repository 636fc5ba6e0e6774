//! The attacks of the table, in each tier that this machine can give, as whoever
//! runs the tests and as an ordinary user.
//!
//! `cargo test` tries them at once, between two honest submissions, in the best tier,
//! and those that reach for something without a cell and as an ordinary user too. All
//! of them everywhere, with an honest submission between each two, take minutes a tier:
//!
//! ```console
//! $ cargo test -p xtask --test hostile -- --ignored --nocapture whole
//! ```

use std::collections::BTreeMap;

use jail::{Promises, Tier};
use serde_json::Value;

use crate::attack::{Attack, Kind};
use crate::class::{CLIENT, Class, FORKING, ITERATIVE, LISTEN};
use crate::nobody::Nobody;
use crate::results::{self, Report};
use crate::table::{ATTACKS, of};
use crate::{alone, is_root};

/// Half of the usual time for each step: many of these hang on purpose.
const PATIENCE: f64 = 0.5;

/// A tenth of the usual time: 6 s for a compiler, 12 s of a processor.
const LITTLE: f64 = 0.1;

/// Who runs the lab.
pub enum Who {
    /// Who runs the tests.
    Own,
    /// An ordinary user, where root runs them.
    Nobody(Nobody),
}

impl Who {
    fn graded(&self, class: &Class, patience: f64, tier: &str) -> Report {
        let more = ["--only", "04,08,09,10", "--tier", tier];
        match self {
            Who::Own => results::graded(class, patience, &more),
            Who::Nobody(nobody) => nobody.graded(class, patience, &more),
        }
    }
}

/// Judges attacks with an honest submission before and behind them; each gets what
/// it is to get.
fn attacked<'a>(who: &Who, tier: &str, attacks: impl Iterator<Item = &'a Attack>) -> Report {
    let attacks: Vec<&Attack> = attacks.filter(|attack| !attack.is_long).collect();
    let mut class = Class::new();
    class.honest(ITERATIVE);
    for attack in &attacks {
        class.attack(attack);
    }
    class.honest(ITERATIVE);
    let report = who.graded(&class, PATIENCE, tier);
    let mut wrong = Vec::new();
    for attack in &attacks {
        row(attack, &report, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    report.assert_the_honest_are_untouched();
    report
}

#[test]
fn nothing_is_to_be_had_from_the_compiler() {
    let _alone = alone();
    attacked(&Who::Own, "auto", of(Kind::Compiler));
}

#[test]
fn what_has_no_end_is_ended() {
    let _alone = alone();
    endless(&Who::Own, "auto");
    let mut behind = Class::new();
    behind.honest(ITERATIVE);
    Who::Own
        .graded(&behind, 1.0, "auto")
        .assert_the_honest_are_untouched();
}

fn endless(who: &Who, tier: &str) -> Report {
    let mut class = Class::new();
    of(Kind::Endless).for_each(|attack| class.attack(attack));
    let report = who.graded(&class, LITTLE, tier);
    of(Kind::Endless).for_each(|attack| attack.assert(&report));
    report
}

#[test]
fn forgers_get_nothing() {
    let _alone = alone();
    attacked(&Who::Own, "auto", of(Kind::Forger));
}

#[test]
fn hoarders_take_nothing_from_those_beside_them() {
    let _alone = alone();
    let best = best();
    attacked(
        &Who::Own,
        "auto",
        of(Kind::Hoarder).filter(|one| is_tried(one, &best)),
    );
}

#[test]
fn cheats_get_the_points_of_what_is_right() {
    let _alone = alone();
    attacked(&Who::Own, "auto", of(Kind::Cheat));
}

/// As on a machine without namespaces.
#[test]
fn forgers_get_nothing_without_a_cell() {
    let _alone = alone();
    let report = attacked(
        &Who::Own,
        "jail",
        of(Kind::Forger).filter(|one| reaches(one)),
    );
    assert_eq!(report.tier(), Tier::Jail);
}

#[test]
fn an_ordinary_user_is_as_safe() {
    let _alone = alone();
    let Some(nobody) = Nobody::where_root_runs_the_tests() else {
        return;
    };
    let who = Who::Nobody(nobody);
    for tier in ["auto", "jail"] {
        let report = attacked(&who, tier, ATTACKS.iter().filter(|one| reaches(one)));
        // Where user namespaces are refused, there is no cell to be had.
        let found = report.tier();
        assert!([Tier::Cell, Tier::Jail].contains(&found), "{found}");
    }
    let mut class = Class::new();
    class.closed();
    let report = who.graded(&class, PATIENCE, "auto");
    let closed = report.of("closed");
    closed.assert(closed.status() == "refused", "was taken");
    closed.says("Permission denied");
}

/// What tells whether each wall stands, wherever the lab is run: one attack a wall.
fn reaches(attack: &Attack) -> bool {
    [
        "includes-a-solution",
        "includes-secrets",
        "includes-a-neighbour",
        "traces-its-judge",
        "kills-its-judge",
        "writes-the-verdict",
        "reads-the-lab",
        "replaces-its-binary",
        "calls-by-other-numbers",
        "rebuilds-its-world",
        "reaches-out",
        "keeps-shared-memory",
        "leaves-a-daemon",
        "hops-from-process-to-process",
        "forks-without-end",
        "hoards-terminals",
    ]
    .contains(&attack.name)
}

/// What holds in the best tier.
fn best() -> (Tier, Promises) {
    let mut class = Class::new();
    class.closed();
    let report = Who::Own.graded(&class, 1.0, "auto");
    (report.tier(), report.promises())
}

fn is_tried(attack: &Attack, (tier, promises): &(Tier, Promises)) -> bool {
    attack.left_out(*tier, promises).is_none()
}

/// Every attack in one tier, with an honest submission between each two, which gets
/// exactly the report that it gets alone; a line of what each got is printed.
fn whole(who: &Who, tier: &str) {
    let mut class = Class::new();
    for exercise in [LISTEN, CLIENT, ITERATIVE, FORKING] {
        class.honest(exercise);
    }
    let alone = who.graded(&class, 1.0, tier);
    let place = (alone.tier(), alone.promises());
    let unjudged = unjudged(who, place.0);
    if unjudged.is_empty() {
        alone.assert_the_honest_are_untouched();
    }
    for one in alone.all() {
        one.passes_but(&unjudged);
    }
    let usual = usual(&alone);
    println!("tier {}: not prevented: {:?}", place.0, place.1.broken());

    let (tried, left_out): (Vec<&Attack>, Vec<&Attack>) = ATTACKS
        .iter()
        .filter(|attack| attack.kind != Kind::Endless)
        .partition(|attack| is_tried(attack, &place));
    let mut class = Class::new();
    class.honest(ITERATIVE);
    for attack in &tried {
        class.attack(attack);
        class.honest(LISTEN);
    }
    class.saved_on_windows();
    class.honest(CLIENT);
    class.with_its_own_lab();
    class.honest(FORKING);
    let report = who.graded(&class, PATIENCE, tier);
    let mut wrong = Vec::new();
    for attack in &tried {
        row(attack, &report, &mut wrong);
    }
    for honest in report.all().iter().filter(|one| one.name == "honest") {
        let id = honest.exercise["id"].as_str().unwrap();
        if honest.without_times() != usual[id] {
            wrong.push(format!("an honest {id}: {:#}", honest.exercise));
        }
    }
    for name in ["from-windows", "with-its-own-lab"] {
        assert_eq!(report.of(name).without_times(), usual[ITERATIVE], "{name}");
    }

    if place.0 == Tier::None {
        left_out.iter().for_each(|attack| missing(attack, &place));
    } else {
        let report = endless(who, tier);
        of(Kind::Endless).for_each(|attack| row(attack, &report, &mut wrong));
        left_out.iter().for_each(|attack| missing(attack, &place));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The checks that cannot be judged in a tier: root may have every port where nothing
/// takes that from it, and where it stays root no limit of processes binds it.
fn unjudged(who: &Who, tier: Tier) -> Vec<&'static str> {
    match (who, tier) {
        (Who::Own, Tier::None) if is_root() => vec![
            "a_forbidden_port_is_an_error",
            "failing_fork_costs_one_client_alone",
        ],
        _ => Vec::new(),
    }
}

fn usual(report: &Report) -> BTreeMap<String, Value> {
    let all = report.all().into_iter();
    all.map(|one| {
        (
            one.exercise["id"].as_str().unwrap().to_owned(),
            one.without_times(),
        )
    })
    .collect()
}

/// Goes on behind one that did not get what it is to get.
fn row(attack: &Attack, report: &Report, wrong: &mut Vec<String>) {
    let judged = std::panic::catch_unwind(|| attack.assert(report));
    let result = report.of(attack.name);
    let (status, score, took) = (result.status(), result.score(), result.seconds());
    let (kind, name) = (format!("{:?}", attack.kind), attack.name);
    let verdict = if judged.is_ok() {
        "as expected"
    } else {
        "WRONG"
    };
    println!("{kind:8}  {name:28}  {status:12}  {score:3}  {took:5.1} s  {verdict}");
    if let Err(why) = judged {
        let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
        wrong.push(format!("{name}: {why}"));
    }
}

fn missing(attack: &Attack, (tier, promises): &(Tier, Promises)) {
    let why = attack.left_out(*tier, promises).unwrap_or_default();
    println!(
        "{:8}  {:28}  not tried: {why}",
        format!("{:?}", attack.kind),
        attack.name
    );
}

/// A test for each tier; one that cannot be had here says so.
macro_rules! whole {
    ($($name:ident $tier:literal $nobody:literal,)*) => {$(
        #[test]
        #[ignore = "minutes: every attack in this tier; --ignored --nocapture whole"]
        fn $name() {
            let _alone = alone();
            if !can_be_had($tier, $nobody) {
                println!("tier {} cannot be had here", $tier);
                return;
            }
            let who = match $nobody {
                true => match Nobody::where_root_runs_the_tests() {
                    Some(nobody) => Who::Nobody(nobody),
                    None => return,
                },
                false => Who::Own,
            };
            whole(&who, $tier);
        }
    )*};
}

whole! {
    the_whole_suite_in_tier_vm "vm" false,
    the_whole_suite_in_tier_cell "cell" false,
    the_whole_suite_in_tier_jail "jail" false,
    the_whole_suite_in_tier_none "none" false,
    the_whole_suite_in_tier_cell_as_an_ordinary_user "cell" true,
    the_whole_suite_in_tier_jail_as_an_ordinary_user "jail" true,
    the_whole_suite_in_tier_none_as_an_ordinary_user "none" true,
}

/// Root's tiers for root; another user's are found out by trying.
fn can_be_had(tier: &str, as_nobody: bool) -> bool {
    if as_nobody || tier == "none" {
        return true;
    }
    let (best, _) = best();
    let rank = |tier: Tier| Tier::ALL.iter().position(|other| *other == tier);
    rank(tier.parse().unwrap()) >= rank(best)
}
