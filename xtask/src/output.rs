//! Writing to standard output, and saying so when it fails.

use std::fmt::Display;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};

/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();

/// What did not.
pub const BAD: Style = AnsiColor::Red.on_default();

/// What is neither.
pub const DIM: Style = Style::new().dimmed();

/// What a paragraph is about.
pub const STRONG: Style = Style::new().bold();

/// Standard output: plain when it is no terminal.
pub struct Output(anstream::AutoStream<io::Stdout>);

impl Output {
    pub fn new() -> Output {
        Output(anstream::AutoStream::auto(io::stdout()))
    }

    /// Writes one line.
    ///
    /// # Errors
    ///
    /// As the system says: a full disk, a reader that has gone.
    pub fn line(&mut self, text: impl Display) -> Result<()> {
        told(writeln!(self.0, "{text}"))
    }

    /// Writes a text as it is.
    ///
    /// # Errors
    ///
    /// As [`Output::line`].
    pub fn text(&mut self, text: &str) -> Result<()> {
        told(self.0.write_all(text.as_bytes()))
    }

    #[cfg(feature = "whole")]
    /// Standard output itself, for what has no colours that a file should not have:
    /// to look for them in a report of megabytes takes longer than to make it.
    pub fn raw(&mut self) -> impl Write + use<> {
        io::stdout()
    }

    /// Makes sure that all of it is written.
    ///
    /// # Errors
    ///
    /// As [`Output::line`].
    pub fn finish(mut self) -> Result<()> {
        told(self.0.flush())
    }
}

fn told(result: io::Result<()>) -> Result<()> {
    match result {
        // Left as it is: main is silent about it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(error.into()),
        result => result.context("write to standard output"),
    }
}

/// A text in a style.
pub fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
