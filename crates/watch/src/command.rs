//! What can be asked for while `watch` runs: by a key on the screen, by a word
//! in plain mode.

use crate::keys::Key;

/// One thing that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Go to the next exercise.
    Next,
    /// Go to the previous one.
    Previous,
    /// Show one hint more for the check that fails.
    Hint,
    /// Judge now, whether something has changed or not.
    Run,
    /// Try the program by hand.
    Try,
    /// Show the map of the course.
    List,
    /// Put the skeleton back.
    Reset,
    /// Say what can be asked for.
    Help,
    /// Show what was seen last.
    Story,
    /// End.
    Quit,
    /// Leave the terminal to the shell for a while.
    Suspend,
    /// Move what is shown, by lines.
    Scroll(Scroll),
    /// Confirm what is asked.
    Yes,
    /// Anything else: what is asked is not done.
    Other,
}

/// How far what is shown moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scroll {
    /// A line towards the beginning.
    Up,
    /// A line towards the end.
    Down,
    /// A screen towards the beginning.
    PageUp,
    /// A screen towards the end.
    PageDown,
    /// To the beginning.
    Start,
    /// To the end.
    End,
}

/// A command with its key, its word, and what it does.
pub struct Row {
    /// What it asks for.
    pub command: Command,
    /// The key on the screen; in plain mode, it may be typed as a word too.
    pub key: char,
    /// The word.
    pub word: &'static str,
    /// What it does, for the help.
    pub does: &'static str,
}

/// All that has a key and a word, in the order of the help.
pub const ROWS: &[Row] = &[
    row(Command::Next, 'n', "next", "the next exercise"),
    row(Command::Previous, 'p', "previous", "the one before"),
    row(
        Command::Hint,
        'h',
        "hint",
        "a hint for what fails, one more each time",
    ),
    row(
        Command::Run,
        'r',
        "run",
        "judge again, though nothing has changed",
    ),
    row(Command::Try, 't', "try", "run your program by hand"),
    row(Command::List, 'l', "list", "the map of the course"),
    row(
        Command::Reset,
        'x',
        "reset",
        "begin anew; what you wrote is kept in a backup",
    ),
    row(
        Command::Story,
        's',
        "story",
        "what was seen last, once more",
    ),
    row(Command::Help, '?', "help", "this"),
    row(Command::Quit, 'q', "quit", "end"),
];

const fn row(command: Command, key: char, word: &'static str, does: &'static str) -> Row {
    Row {
        command,
        key,
        word,
        does,
    }
}

impl Command {
    /// What a key asks for.
    pub fn of_key(key: Key) -> Command {
        match key {
            Key::Char('j') | Key::Down => Command::Scroll(Scroll::Down),
            Key::Char('k') | Key::Up => Command::Scroll(Scroll::Up),
            Key::Char(' ') | Key::PageDown => Command::Scroll(Scroll::PageDown),
            Key::PageUp => Command::Scroll(Scroll::PageUp),
            Key::Home => Command::Scroll(Scroll::Start),
            Key::End => Command::Scroll(Scroll::End),
            Key::Char('y' | 'Y') => Command::Yes,
            Key::Control('c' | 'd') => Command::Quit,
            Key::Control('z') => Command::Suspend,
            Key::Char(typed) => of(|row| row.key == typed.to_ascii_lowercase()),
            Key::Escape | Key::Control(_) | Key::Enter | Key::Unknown => Command::Other,
        }
    }

    /// What a typed line asks for: a word, or its key; none for a word that is
    /// not known.
    pub fn of_line(line: &str) -> Option<Command> {
        let word = line.trim().to_lowercase();
        match word.as_str() {
            "" | "no" => return Some(Command::Other),
            "y" | "yes" => return Some(Command::Yes),
            _ => {}
        }
        let mut letters = word.chars();
        let alone = letters.next().filter(|_| letters.next().is_none());
        match of(|row| row.word == word || alone == Some(row.key)) {
            Command::Other => None,
            command => Some(command),
        }
    }
}

fn of(is_meant: impl Fn(&Row) -> bool) -> Command {
    ROWS.iter()
        .find(|row| is_meant(row))
        .map_or(Command::Other, |row| row.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_and_each_word_is_known_in_both_modes() {
        for row in ROWS {
            assert_eq!(Command::of_key(Key::Char(row.key)), row.command);
            assert_eq!(Command::of_line(row.word), Some(row.command));
            assert_eq!(Command::of_line(&row.key.to_string()), Some(row.command));
        }
    }

    #[test]
    fn no_two_commands_share_a_key_or_a_word() {
        for (at, row) in ROWS.iter().enumerate() {
            for other in &ROWS[at + 1..] {
                assert!(
                    row.key != other.key && row.word != other.word,
                    "{}",
                    row.word
                );
            }
            assert!(!"jky ".contains(row.key), "{} also scrolls", row.key);
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_no_command() {
        assert_eq!(Command::of_line("nxet"), None);
        assert_eq!(Command::of_line("  Next \r\n"), Some(Command::Next));
        assert_eq!(Command::of_line(""), Some(Command::Other));
    }
}
