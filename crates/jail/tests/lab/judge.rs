//! A student's program cannot reach into its judge.

use jail::{Jail, Tier};

use crate::bench::{Place, answer, bench, cells, output, places};

const REFUSALS: [&str; 3] = [
    "EPERM: Operation not permitted",
    "Operation not permitted (os error 1)",
    "Permission denied (os error 13)",
];

#[test]
fn the_judge_lives_through_every_attempt() {
    for place in places() {
        let alone = place.attack(place.jail(), "");
        lives_through_every_attempt(place, &alone);
    }
}

#[test]
fn the_judge_lives_where_the_kernel_has_no_landlock() {
    for place in cells() {
        let alone = place.attack(place.jail(), "");
        lives_through_every_attempt(place, &alone.replace(" -- ", " --no-landlock -- "));
    }
}

/// `jailed` is the attacker without a name for its attack.
fn lives_through_every_attempt(place: Place, jailed: &str) {
    for attack in [
        "trace",
        "memory-of-judge",
        "terminate-judge",
        "terminate-group",
        "limit-judge",
        "adopted",
        "namespace",
        "mount",
    ] {
        let script = jailed.replace("LAB_ATTACK=", &format!("LAB_ATTACK={attack}"));
        let output = output(place.shell(&place.cell(), &format!("{script}; echo alive")));
        assert!(
            output.stdout.contains("attack: "),
            "{place:?} {attack}: {output:?}"
        );
        let said = answer(&output.stdout);
        assert!(REFUSALS.contains(&said), "{place:?} {attack}: {said}");
        assert!(
            output.stdout.ends_with("alive\n"),
            "{place:?} {attack}: {output:?}"
        );
    }
}

#[test]
fn killing_everything_kills_nobody_else() {
    // Only where there is a cell around it: elsewhere a failure of this test
    // would end other programs of the same user.
    for place in cells() {
        for (attack, landlock) in [
            ("terminate-all", true),
            ("terminate-all", false),
            ("terminate-first", true),
            ("terminate-first", false),
        ] {
            let mut script = place.attack(place.jail(), attack);
            if !landlock {
                script = script.replace(" -- ", " --no-landlock -- ");
            }
            let output = output(place.shell(&place.cell(), &format!("{script}; echo alive")));
            assert!(
                output.stdout.ends_with("alive\n"),
                "{place:?} {attack}: {output:?}"
            );
            assert!(output.status.success(), "{place:?} {attack}: {output:?}");
        }
    }
}

#[test]
fn without_a_cell_of_its_own_it_kills_nobody_either() {
    for place in cells() {
        // A jail of tier `jail`, inside a cell only so that a failure hurts nobody.
        let jail = Jail::new(Tier::Jail)
            .scratch("/scratch")
            .read(bench().folder());
        let script = place.attack(jail, "terminate-all");
        let output = output(place.shell(&place.cell(), &format!("{script}; echo alive")));
        assert!(output.stdout.ends_with("alive\n"), "{place:?}: {output:?}");
    }
}
