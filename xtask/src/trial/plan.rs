//! What a trial consists of, with nothing left to be decided.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use testbed::exercise::ByHand;

use super::netcat::Netcat;

/// What a trial consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The exercise's two digits.
    pub number: String,
    /// The port of the trial's server.
    pub port: u16,
    /// The commands, as [`ByHand`] has them.
    pub before: Vec<Line>,
    /// See `before`.
    pub beside: Vec<Line>,
    /// See `before`.
    pub front: Option<Line>,
    /// See `before`.
    pub after: Vec<Line>,
    /// A command that runs when all is over.
    pub last: Option<Line>,
    /// What to do, and what is to be seen.
    pub say: String,
    /// What to type besides.
    pub more: Vec<String>,
    /// Whether a second terminal can be had by `--join`.
    pub joinable: bool,
    /// Where files may be written that are gone afterwards.
    pub scratch: PathBuf,
}

/// A command for a shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// As it is typed.
    pub text: String,
    /// What its output is marked with.
    pub label: String,
}

/// How a trial is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// A shell in front, whatever the exercise has there.
    pub shell: bool,
    /// The exercise's programs run under strace.
    pub strace: bool,
    /// At the end the table of sockets is shown.
    pub sockets: bool,
}

/// What the programs are run under. Most of what every program does at its start (the
/// loader, the allocator) is left out.
const STRACE: &str = "strace -f -e trace=%network,%process,read,write,close ";

/// What shows the sockets at the end.
const SOCKETS: &str = "ss -tanp";

impl Plan {
    /// What `by_hand` means here, for the programs of that name.
    pub fn of(
        by_hand: &ByHand,
        number: &str,
        programs: &[String],
        port: u16,
        netcat: Netcat,
        wishes: Wishes,
    ) -> Plan {
        let text = |text: &String| {
            text.replace("{port}", &port.to_string())
                .replace("{talk}", &netcat.talk(port))
                .replace("{listen}", &netcat.listen(port))
        };
        let line = |one: &String| {
            let text = text(one);
            let program = programs.iter().find(|name| at_word(&text, name).is_some());
            let label = match program {
                Some(name) => name.clone(),
                None => "peer".to_owned(),
            };
            let text = match program.and_then(|name| at_word(&text, name)) {
                Some(at) if wishes.strace => {
                    format!("{}{STRACE}{}", &text[..at], &text[at..])
                }
                _ => text,
            };
            Line { text, label }
        };
        let lines = |all: &[String]| all.iter().map(line).collect();
        let front = by_hand.front.as_ref().map(line);
        // What would start when the front listens has nothing to wait for.
        let (front, after) = match wishes.shell {
            true => (None, Vec::new()),
            false => (front, lines(&by_hand.after)),
        };
        let mut more: Vec<String> = by_hand.more.iter().map(text).collect();
        if wishes.shell {
            let left_out = by_hand.front.iter().chain(&by_hand.after).map(text);
            more.splice(0..0, left_out);
            more.dedup();
        }
        Plan {
            number: number.to_owned(),
            port,
            before: lines(&by_hand.before),
            beside: lines(&by_hand.beside),
            front,
            after,
            last: wishes.sockets.then(|| Line {
                text: SOCKETS.to_owned(),
                label: "ss".to_owned(),
            }),
            say: by_hand.say.clone(),
            more,
            joinable: false,
            scratch: PathBuf::new(),
        }
    }
}

/// Where a program is called in a command: its name as a word of its own, and not in
/// a name that is longer.
fn at_word(text: &str, name: &str) -> Option<usize> {
    let is_end = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "|;&()".contains(c));
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        is_end(text[..*at].chars().next_back()) && is_end(text[at + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_hand() -> ByHand {
        ByHand {
            say: "Say something.".into(),
            before: Vec::new(),
            beside: vec!["echo-iterative {port}".into()],
            front: Some("{talk}".into()),
            after: Vec::new(),
            more: vec!["{talk}".into(), "ss -tan 'sport = :{port}'".into()],
        }
    }

    fn plan(by_hand: &ByHand, wishes: Wishes) -> Plan {
        let programs = ["echo-iterative".to_owned(), "echo".to_owned()];
        Plan::of(by_hand, "09", &programs, 4321, Netcat::OpenBsd, wishes)
    }

    #[test]
    fn nothing_is_left_to_be_replaced() {
        let plan = plan(&by_hand(), Wishes::default());
        assert_eq!(plan.beside[0].text, "echo-iterative 4321");
        assert_eq!(plan.beside[0].label, "echo-iterative");
        let front = plan.front.unwrap();
        assert_eq!(front.text, "nc -N 127.0.0.1 4321");
        assert_eq!(front.label, "peer");
        assert_eq!(plan.more[1], "ss -tan 'sport = :4321'");
    }

    #[test]
    fn strace_stands_before_the_program_wherever_that_is_called() {
        let by_hand = ByHand {
            after: vec!["printf 'a\\n' | (echo 127.0.0.1 {port})".into()],
            ..by_hand()
        };
        let wishes = Wishes {
            strace: true,
            ..Wishes::default()
        };
        let plan = plan(&by_hand, wishes);
        assert!(plan.beside[0].text.starts_with("strace "), "{plan:?}");
        assert!(
            plan.after[0].text.starts_with("printf 'a\\n' | (strace "),
            "{plan:?}"
        );
        assert!(!plan.front.unwrap().text.contains("strace"));
    }

    #[test]
    fn with_a_shell_in_front_the_client_is_what_one_may_type() {
        let wishes = Wishes {
            shell: true,
            ..Wishes::default()
        };
        let plan = plan(&by_hand(), wishes);
        assert_eq!(plan.front, None);
        assert_eq!(
            plan.more,
            ["nc -N 127.0.0.1 4321", "ss -tan 'sport = :4321'"]
        );
    }

    #[test]
    fn a_name_within_a_longer_one_is_no_call() {
        assert_eq!(at_word("echo-iterative 1", "echo"), None);
        assert_eq!(at_word("x | echo 1", "echo"), Some(4));
        assert_eq!(at_word("echo", "echo"), Some(0));
    }
}
