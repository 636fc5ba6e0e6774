//! A long input, and where it is answered wrongly, the few lines of it that
//! matter: nobody finds a mistake in the story of six hundred.

use crate::filter::{self, Exchange};
use crate::lab::Lab;
use crate::story::{Outcome, Wrong};

/// Gives a program all lines at once. Where one is answered wrongly, the story
/// is that of as few of them as still go wrong. `due` says what is due for any
/// of these lines, in this order and from a fresh start.
///
/// # Errors
///
/// As [`filter::answers_all`].
pub fn answers_a_long_input(
    lab: &Lab,
    program: &str,
    lines: Vec<String>,
    due: impl Fn(&[String]) -> Vec<Exchange>,
) -> Outcome {
    let count = lines.len();
    let few = match try_aside(lab, program, &due(&lines))? {
        Trial::Right => return Ok(()),
        // It takes seconds each time to see that one does not end.
        Trial::Endless => return filter::answers_all(lab, program, &due(&lines)),
        Trial::Wrong => fewest(lines, |fewer| {
            Ok(try_aside(lab, program, &due(fewer))? == Trial::Wrong)
        })?,
    };
    lab.step(format!(
        "{count} lines went wrong; of these, the following were enough:"
    ));
    filter::answers_all(lab, program, &due(&few))
}

#[derive(PartialEq, Eq)]
enum Trial {
    Right,
    Wrong,
    Endless,
}

/// What comes of these lines, without a word in the story.
fn try_aside(lab: &Lab, program: &str, exchanges: &[Exchange]) -> Outcome<Trial> {
    let aside = lab.aside();
    let outcome = filter::answers_all(&aside, program, exchanges);
    let programs = aside.scene.programs();
    let ended = programs.iter().all(|program| program.has_ended());
    for program in programs {
        program.kill_all();
    }
    match outcome {
        Ok(()) => Ok(Trial::Right),
        Err(Wrong::Failed(_)) if ended => Ok(Trial::Wrong),
        Err(Wrong::Failed(_)) => Ok(Trial::Endless),
        Err(ungraded) => Err(ungraded),
    }
}

/// Leaves out what can be left out: first halves, at the end single lines.
fn fewest(
    mut lines: Vec<String>,
    goes_wrong: impl Fn(&[String]) -> Outcome<bool>,
) -> Outcome<Vec<String>> {
    let mut size = lines.len().div_ceil(2);
    loop {
        let before = lines.len();
        let mut at = 0;
        while at < lines.len() {
            let mut fewer = lines.clone();
            fewer.drain(at..lines.len().min(at + size));
            if goes_wrong(&fewer)? {
                lines = fewer;
            } else {
                at += size;
            }
        }
        if size == 1 && lines.len() == before {
            return Ok(lines);
        }
        size = (size / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_left() {
        let lines = (0..600).map(|i| i.to_string()).collect();
        let needed = ["17", "18", "400"];
        let few = fewest(lines, |lines| {
            Ok(needed.iter().all(|it| lines.iter().any(|line| line == it)))
        });
        assert_eq!(few.unwrap(), needed);
    }
}
