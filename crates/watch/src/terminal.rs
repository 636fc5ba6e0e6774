//! The terminal while a screen is drawn on it, and how it is given back: always,
//! and as it was.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::panic;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{dup2_stderr, getpgrp, tcgetpgrp};

use crate::screen::{Line, Size};

/// Another screen, and no cursor on it (`man 4 console_codes`, xterm's `?1049`).
const ENTER: &str = "\x1b[?1049h\x1b[?25l";

/// The cursor, and the screen that was there.
pub const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// What is given back; none while the terminal is not ours.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

struct Taken {
    /// How the terminal was set.
    before: Termios,
    /// Where standard error went, and where it goes meanwhile: what cargo, a
    /// panic or a library says must not be written across the screen.
    stderr: Option<(OwnedFd, File)>,
}

/// Whether a screen can be drawn: both ends are a terminal that knows how.
pub fn is_there() -> bool {
    let knows = std::env::var_os("TERM").is_some_and(|kind| !kind.is_empty() && kind != "dumb");
    knows && io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The terminal, ours until this is dropped.
pub struct Terminal {
    colour: bool,
    /// The lines that are on it.
    shown: Vec<String>,
}

impl Terminal {
    /// Takes it.
    ///
    /// # Errors
    ///
    /// It cannot be set; then it is as it was.
    pub fn take() -> io::Result<Terminal> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let next = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                // First the terminal: what is said next has to be read on it.
                give_back();
                next(info);
            }));
        });
        let mut terminal = Terminal {
            colour: anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
            shown: Vec::new(),
        };
        terminal.enter()?;
        Ok(terminal)
    }

    /// Takes it again, after it was [given back](Terminal::leave), or when somebody
    /// else may have set it otherwise.
    ///
    /// # Errors
    ///
    /// As [`Terminal::take`].
    pub fn enter(&mut self) -> io::Result<()> {
        self.shown.clear();
        let mut taken = lock();
        let before = match &*taken {
            Some(taken) => taken.before.clone(),
            None => tcgetattr(io::stdin())?,
        };
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        // What was typed meanwhile stays: no key is lost.
        tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw)?;
        if taken.is_none() {
            *taken = Some(Taken {
                before,
                stderr: redirect(),
            });
        }
        drop(taken);
        put(ENTER)
    }

    /// Gives it back for a while.
    pub fn leave(&mut self) {
        give_back();
    }

    /// Its size; the least that is common where it does not say.
    pub fn size(&self) -> Size {
        let found = terminal_size::terminal_size_of(io::stdout());
        let (columns, rows) = found.map_or((80, 24), |(columns, rows)| (columns.0, rows.0));
        match (columns, rows) {
            // A serial line knows no size.
            (0, _) | (_, 0) => Size {
                columns: 80,
                rows: 24,
            },
            (columns, rows) => Size {
                columns: columns.into(),
                rows: rows.into(),
            },
        }
    }

    /// Shows these lines and nothing else.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn show(&mut self, lines: &[Line]) -> io::Result<()> {
        if lock().is_none() {
            return Ok(());
        }
        let lines: Vec<String> = lines
            .iter()
            .map(|line| match self.colour {
                true => line.styled(),
                false => line.text(),
            })
            .collect();
        // Over a slow line only what has changed is sent.
        let mut changes = String::new();
        for (row, line) in lines.iter().enumerate() {
            if self.shown.get(row) != Some(line) {
                // There, the line, and what was behind it goes.
                changes += &format!("\x1b[{};1H{line}\x1b[K", row + 1);
            }
        }
        if self.shown.len() != lines.len() {
            changes += "\x1b[J";
        }
        if changes.is_empty() {
            return Ok(());
        }
        put(&changes)?;
        self.shown = lines;
        Ok(())
    }

    /// What was drawn may be there no longer: all of it is drawn again.
    pub fn forget(&mut self) {
        self.shown.clear();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// How the terminal is set that is given back, for who borrows it.
pub fn setting() -> Option<Termios> {
    tcgetattr(io::stdin()).ok()
}

/// Waits until what a program has left on the terminal was read: the next thing that is
/// drawn covers it. The program may have been killed; `lent` is how it got the terminal.
pub fn until_return(lent: Option<&Termios>, said: &str) {
    if let Some(lent) = lent {
        set(lent);
    }
    let blank = if said.is_empty() { "" } else { " " };
    let _ = put(&format!("\n{said}{blank}Return leads back to watch.\n"));
    // A terminal that is gone is noticed by who reads keys.
    let _ = io::stdin().read_line(&mut String::new());
}

/// What was said on standard error since the terminal was taken.
pub fn words() -> String {
    let mut taken = lock();
    let said = taken.as_mut().and_then(|taken| taken.stderr.as_mut());
    said.map_or_else(String::new, |(_, file)| read(file))
}

fn lock() -> MutexGuard<'static, Option<Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back as it was, and says what was said meanwhile.
fn give_back() {
    let Some(taken) = lock().take() else {
        return;
    };
    // If the terminal is gone, there is nothing to give back.
    let _ = put(LEAVE);
    set(&taken.before);
    if let Some((stderr, mut file)) = taken.stderr {
        let _ = dup2_stderr(&stderr);
        let said = read(&mut file);
        let _ = io::stderr().write_all(said.as_bytes());
    }
}

/// Sets the terminal of standard input, unless it is another's by now.
pub fn set(how: &Termios) {
    let stdin = io::stdin();
    if tcgetpgrp(&stdin).is_ok_and(|group| group != getpgrp()) {
        return;
    }
    // Whoever loses it at this very moment is not stopped by it (man 3 tcsetattr).
    let mut output = SigSet::empty();
    output.add(Signal::SIGTTOU);
    let _ = output.thread_block();
    let _ = tcsetattr(stdin, SetArg::TCSADRAIN, how);
    let _ = output.thread_unblock();
}

/// Leads standard error into a file, if it goes to a terminal.
fn redirect() -> Option<(OwnedFd, File)> {
    let stderr = io::stderr();
    if !stderr.is_terminal() {
        return None;
    }
    let file = tempfile::tempfile().ok()?;
    let before = stderr.as_fd().try_clone_to_owned().ok()?;
    dup2_stderr(&file).ok()?;
    Some((before, file))
}

fn read(file: &mut File) -> String {
    let mut said = Vec::new();
    let _ = file.rewind();
    let _ = file.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// Writes at once, and all of it.
fn put(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
