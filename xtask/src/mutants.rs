//! `cargo xtask mutants`

use std::process::ExitCode;

use anyhow::Result;
use bank::mutants::{Fate, Mutant, Mutated, judge, tool};
use grader::catalogue::Catalogue;
use grader::grade::Event;

use crate::cli::Mutants;
use crate::grade::bar;
use crate::output::{BAD, DIM, GOOD, Output, STRONG, styled};
use crate::setup;

/// Judges every mutant of the solutions, and tells which ones nobody noticed.
pub fn run(catalogue: &Catalogue, asked: &Mutants) -> Result<ExitCode> {
    let only: Vec<String> = asked.exercise.iter().cloned().collect();
    let entries = setup::exercises(catalogue, &only)?;
    // Before anything is built.
    tool::version()?;
    let options = setup::options(&asked.how)?;
    let seed = setup::seed(catalogue, &entries, false, &asked.how, &options.stop)?;
    setup::isolated(&seed, &asked.how)?;
    let mut output = Output::new();
    let mut faults = 0;
    for entry in entries {
        let bar = bar(0);
        let mutated = judge(&seed, entry, &options, &|event| {
            if let Event::Done(name, _) = event {
                bar.set_message(format!("{} {name}", entry.id));
                bar.inc(1);
            }
        });
        bar.finish_and_clear();
        let mutated = mutated?;
        output.line(styled(STRONG, &entry.id))?;
        if asked.verbose {
            for (mutant, fate) in &mutated.fates {
                output.line(format!("    {}", styled(DIM, each(mutant, fate))))?;
            }
        }
        for (name, fault) in &mutated.faults {
            tell(&mut output, &mutated, name, fault)?;
        }
        output.line(format!("    {}", summary(&mutated)))?;
        faults += mutated.faults.len();
    }
    output.finish()?;
    Ok(ExitCode::from(u8::from(faults > 0)))
}

/// One mutant in one line.
fn each(mutant: &Mutant, fate: &Fate) -> String {
    let became = match fate {
        Fate::Caught(check) => format!("fails {check}"),
        Fate::Survived => "survives".into(),
        Fate::Unviable => "does not compile".into(),
        Fate::Unjudged(_) => "could not be judged".into(),
    };
    format!("{} {became}", mutant.name)
}

/// A disagreement, with the change that it is about.
fn tell(output: &mut Output, mutated: &Mutated, name: &str, fault: &str) -> Result<()> {
    output.line(format!("    {}", styled(BAD, name)))?;
    for line in fault.lines() {
        output.line(format!("        {line}"))?;
    }
    let found = mutated.fates.iter().find(|(mutant, _)| mutant.name == name);
    if let Some((mutant, Fate::Survived)) = found {
        output.line(format!("        {}", styled(DIM, &mutant.place)))?;
        for line in changed(&mutant.difference) {
            output.line(format!("        {}", styled(DIM, line)))?;
        }
    }
    Ok(())
}

/// The lines that a difference takes away and puts in.
fn changed(difference: &str) -> impl Iterator<Item = &str> {
    difference
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
}

/// How many there were, and what became of them.
fn summary(mutated: &Mutated) -> String {
    let caught = mutated.count(|fate| matches!(fate, Fate::Caught(_)));
    let survived = mutated.count(|fate| *fate == Fate::Survived);
    let unviable = mutated.count(|fate| *fate == Fate::Unviable);
    let unjudged = mutated.count(|fate| matches!(fate, Fate::Unjudged(_)));
    let mut text = format!(
        "{} mutants: {caught} caught, {unviable} do not compile, {survived} survive",
        mutated.fates.len()
    );
    if unjudged > 0 {
        text.push_str(&format!(", {unjudged} could not be judged"));
    }
    match mutated.faults.len() {
        0 if survived > 0 => text.push_str("; each survivor is explained"),
        0 => {}
        faults => text.push_str(&format!("; {faults} faults")),
    }
    styled(if mutated.faults.is_empty() { GOOD } else { BAD }, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(name: &str) -> Mutant {
        Mutant {
            name: name.into(),
            place: format!("{name}:1:1"),
            difference: "@@ -1,2 +1,2 @@\n same\n-old\n+new\n".into(),
            files: [].into(),
        }
    }

    #[test]
    fn a_summary_counts_and_says_whether_all_is_well() {
        let mut mutated = Mutated {
            fates: vec![
                (mutant("a"), Fate::Caught("echoes_a_line".into())),
                (mutant("b"), Fate::Survived),
                (mutant("c"), Fate::Unviable),
            ],
            faults: vec![],
        };
        let plain = |mutated: &Mutated| anstream::adapter::strip_str(&summary(mutated)).to_string();
        assert_eq!(
            plain(&mutated),
            "3 mutants: 1 caught, 1 do not compile, 1 survive; each survivor is explained"
        );
        mutated
            .fates
            .push((mutant("d"), Fate::Unjudged("x".into())));
        mutated
            .faults
            .push(("d".into(), "could not be judged: x".into()));
        assert_eq!(
            plain(&mutated),
            "4 mutants: 1 caught, 1 do not compile, 1 survive, 1 could not be judged; 1 faults"
        );
    }

    #[test]
    fn only_the_changed_lines_of_a_difference_are_shown() {
        let mutant = mutant("a");
        let lines: Vec<&str> = changed(&mutant.difference).collect();
        assert_eq!(lines, ["-old", "+new"]);
    }
}
