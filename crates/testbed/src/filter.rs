//! Scenes of a program that answers lines: each line of its standard input is
//! a question or an order, and its standard output has the answers, a line
//! each.

use std::sync::Arc;

use crate::bytes;
use crate::clock;
use crate::ended::Ended;
use crate::lab::Lab;
use crate::program::Program;
use crate::start::Stdin;
use crate::story::{Outcome, Wrong};

/// A question is not shown any longer than this, in bytes.
const SHOWN: usize = 70;

/// What is due for a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This line, without its `\n`.
    Line(String),
    /// A line that begins with `error:`.
    Error,
    /// No line at all.
    Nothing,
}

impl Answer {
    /// The answer that is this line.
    pub fn line(text: impl ToString) -> Answer {
        Answer::Line(text.to_string())
    }
}

/// A line of input, without its `\n`, and what is due for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    question: Vec<u8>,
    answer: Answer,
}

impl Exchange {
    /// A line and its answer.
    pub fn new(question: impl AsRef<[u8]>, answer: Answer) -> Exchange {
        Exchange {
            question: question.as_ref().to_vec(),
            answer,
        }
    }

    /// The question between backquotes, as a story has it.
    fn shown(&self) -> String {
        let question = &self.question;
        if question.len() > SHOWN {
            let head = bytes::quote(&question[..16]);
            return format!("{head}… ({})", bytes::count(question.len()));
        }
        match std::str::from_utf8(question) {
            Ok(text) if !text.chars().any(char::is_control) => format!("`{text}`"),
            _ => bytes::quote(question),
        }
    }

    fn expected(&self) -> String {
        let question = self.shown();
        match &self.answer {
            Answer::Line(line) => format!("it answers {question} with `{line}`"),
            Answer::Error => {
                format!("it answers {question} with a line that begins with `error:`")
            }
            Answer::Nothing => format!("it answers {question} with nothing"),
        }
    }
}

/// A program that is asked, and answers.
pub struct Dialogue {
    program: Program,
    /// How many bytes of its standard output have been read.
    read: usize,
    /// How many answers are due in all, where its input was complete from the
    /// start.
    due: Option<usize>,
    /// Whether the line before had no answer due.
    untold: bool,
}

impl Dialogue {
    /// Starts it without input.
    ///
    /// # Errors
    ///
    /// Ungraded when the lab could not start it.
    pub fn start(lab: &Lab, program: &str) -> Outcome<Dialogue> {
        let program = lab.program(program).stdin(Stdin::Pipe).start()?;
        Ok(Dialogue {
            program,
            read: 0,
            due: None,
            untold: false,
        })
    }

    /// The program.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }

    /// Gives it a line, and waits for the answer before anything else.
    ///
    /// # Errors
    ///
    /// It does not take the line, or its answer is another or does not come.
    pub fn ask(&mut self, exchange: &Exchange) -> Outcome {
        let scene = Arc::clone(self.program.scene());
        if exchange.answer == Answer::Nothing {
            scene.step(format!("it was given {}", exchange.shown()));
        } else {
            let question = exchange.shown();
            scene.step(format!("it was asked {question}, and its answer awaited"));
        }
        let mut line = exchange.question.clone();
        line.push(b'\n');
        self.program.push(&line)?;
        self.hear(exchange)
    }

    /// Ends its input: it ends with status 0, and says no more.
    ///
    /// # Errors
    ///
    /// It does not end, ends otherwise, or goes on to answer.
    pub fn end(mut self) -> Outcome<Ended> {
        self.program.close_stdin();
        self.leave()
    }

    /// The answer to a question that was asked is the next line.
    fn hear(&mut self, exchange: &Exchange) -> Outcome {
        if exchange.answer == Answer::Nothing {
            self.untold = true;
            return Ok(());
        }
        let (line, whole) = self.next_line();
        let right = match &exchange.answer {
            Answer::Line(expected) => line == expected.as_bytes(),
            Answer::Error => line.starts_with(b"error:"),
            Answer::Nothing => true,
        };
        if whole && right {
            self.untold = false;
            return Ok(());
        }
        Err(self.wrong(exchange, &line, whole))
    }

    fn wrong(&self, exchange: &Exchange, line: &[u8], whole: bool) -> Wrong {
        let scene = self.program.scene();
        // So that the story does not depend on how far it has come meanwhile.
        if self.due.is_some() && whole {
            let running = self.program.running();
            if running.wait(&scene.step_deadline()).is_some() {
                running.settle();
            }
        }
        scene.settle();
        let running = self.program.running();
        let ended = running.has_ended();
        // Who breaks down need not be told that answers are missing.
        let done = ended && running.end().is_some_and(|status| status.success());
        let mut seen = Vec::new();
        match &exchange.answer {
            _ if !whole && line.is_empty() => {
                let when = if ended { "and ended" } else { "for 2 s" };
                seen.push(format!("It printed no answer {when}."));
            }
            _ if !whole => {
                let part = bytes::show(line);
                seen.push(format!("It printed {part}, no `\\n`, and nothing for 2 s."));
            }
            Answer::Line(expected) if !line.starts_with(b"error:") && !line.is_empty() => {
                seen.extend(bytes::difference(expected.as_bytes(), line));
            }
            _ if line.is_empty() => seen.push("Its answer is an empty line.".into()),
            _ => seen.push(format!("Its answer is {}.", bytes::show(line))),
        }
        if self.untold && line.starts_with(b"error:") {
            seen.push("It may be the answer to a line before, to which none is due.".into());
        }
        // One that was left out, or is too many, moves all that follow.
        let printed = self.program.stdout();
        let printed = printed.split_inclusive(|&byte| byte == b'\n').count();
        let counts = whole || done && printed > 0;
        if let Some(due) = self.due.filter(|&due| counts && due != printed) {
            let s = if printed == 1 { "" } else { "s" };
            let are = if due == 1 { " is" } else { "s are" };
            seen.push(format!(
                "It printed {printed} line{s} in all, and {due} answer{are} due."
            ));
        }
        scene.wrong(exchange.expected(), seen)
    }

    /// The next line that it prints, without the `\n`, and whether it is whole. The last one before
    /// its end may lack the `\n`.
    fn next_line(&mut self) -> (Vec<u8>, bool) {
        let running = Arc::clone(self.program.running());
        let deadline = self.program.scene().step_deadline();
        let from = self.read;
        let found = running.stdout.wait(&deadline, |all, closed| {
            let rest = &all[from..];
            match rest.iter().position(|&byte| byte == b'\n') {
                Some(end) => Some((rest[..end].to_vec(), end + 1)),
                None if closed && !rest.is_empty() => Some((rest.to_vec(), rest.len())),
                None => None,
            }
        });
        match found {
            Some((line, length)) => {
                self.read += length;
                (line, true)
            }
            None => (running.stdout.snapshot()[from..].to_vec(), false),
        }
    }

    fn leave(&mut self) -> Outcome<Ended> {
        let ended = self.program.wait_end()?;
        let more = ended.stdout.get(self.read..).unwrap_or_default();
        if !more.is_empty() {
            return Err(self.program.scene().wrong(
                "it prints nothing more on standard output",
                vec![format!("It printed {}.", bytes::show(more))],
            ));
        }
        ended.exited(0)?;
        Ok(ended)
    }
}

/// Gives a program one line after another, each when the one before is
/// answered, and then the end of its input.
///
/// # Errors
///
/// As [`Dialogue::ask`] and [`Dialogue::end`].
pub fn answers_one_by_one(lab: &Lab, program: &str, exchanges: &[Exchange]) -> Outcome {
    let mut dialogue = Dialogue::start(lab, program)?;
    for exchange in exchanges {
        dialogue.ask(exchange)?;
    }
    dialogue.end()?;
    Ok(())
}

/// Gives a program all lines at once and the end of its input behind them, so
/// that it may answer when it likes.
///
/// # Errors
///
/// An answer is another or does not come; it does not end with status 0, or
/// says more.
pub fn answers_all(lab: &Lab, program: &str, exchanges: &[Exchange]) -> Outcome {
    let mut input = Vec::new();
    for exchange in exchanges {
        input.extend_from_slice(&exchange.question);
        input.push(b'\n');
    }
    let all = match exchanges.len() {
        1 => "its standard input got one line and then ended".to_string(),
        n => format!("its standard input got {n} lines and then ended"),
    };
    hears_all(lab, program, exchanges, input, &all)
}

/// The same, and the last line lacks its `\n` (R7).
///
/// # Errors
///
/// As [`answers_all`].
pub fn answers_a_last_line_without_newline(
    lab: &Lab,
    program: &str,
    exchanges: &[Exchange],
) -> Outcome {
    let questions: Vec<&[u8]> = exchanges.iter().map(|it| it.question.as_slice()).collect();
    let all = format!(
        "its standard input got {} lines and then ended; the last line had no `\\n`",
        exchanges.len()
    );
    hears_all(lab, program, exchanges, questions.join(&b'\n'), &all)
}

fn hears_all(
    lab: &Lab,
    program: &str,
    exchanges: &[Exchange],
    input: Vec<u8>,
    all: &str,
) -> Outcome {
    let program = lab.program(program).stdin(Stdin::Bytes(input)).start()?;
    let due = exchanges.iter().filter(|it| it.answer != Answer::Nothing);
    let due = due.count();
    let mut dialogue = Dialogue {
        program,
        read: 0,
        due: Some(due),
        untold: false,
    };
    lab.step(all);
    for exchange in exchanges {
        if exchange.answer == Answer::Nothing {
            lab.step(format!("(no answer is due to {})", exchange.shown()));
        } else {
            lab.step(format!("the answer to {} was looked for", exchange.shown()));
        }
        dialogue.hear(exchange)?;
    }
    lab.step("its end was awaited");
    dialogue.leave()?;
    Ok(())
}

/// Lines that are no text are answered by errors, and cost no other line its
/// answer (R4): bytes that are no UTF-8, NUL, and a line of 100,000 bytes.
///
/// # Errors
///
/// As [`answers_all`].
pub fn survives_what_is_no_text(lab: &mut Lab, program: &str, good: &Exchange) -> Outcome {
    let long = lab.text_line(100_000);
    let strange: [&[u8]; 3] = [b"\xff\xfe\x80", b"a\0b", &long[..long.len() - 1]];
    let mut exchanges = vec![good.clone()];
    for line in strange {
        exchanges.push(Exchange::new(line, Answer::Error));
        exchanges.push(good.clone());
    }
    answers_all(lab, program, &exchanges)
}

/// Input that is at its end from the start has no answers: status 0.
///
/// # Errors
///
/// It prints something, does not end, or ends otherwise.
pub fn says_nothing_to_no_input(lab: &Lab, program: &str) -> Outcome {
    Dialogue::start(lab, program)?.end()?;
    Ok(())
}

/// Input that cannot be read is no end of input (R1): status 1, and a message.
/// What it says is not looked at: one that opens its input by name cannot even
/// open a socket.
///
/// # Errors
///
/// It ends otherwise, or says nothing; ungraded where its input cannot be made
/// to fail.
pub fn reports_an_error_of_its_input(lab: &Lab, program: &str) -> Outcome {
    let program = lab.program(program).stdin(Stdin::Socket).keep_stdin();
    let mut program = program.start()?;
    program.reset_stdin()?;
    let ended = program.expect_exit(1)?;
    lab.require(
        !ended.stderr.trim().is_empty(),
        "there is a message on standard error",
        "It said nothing.",
    )
}

/// While nobody asks, it sleeps in a call (R5), before the first line and
/// inside one.
///
/// # Errors
///
/// It uses processor time meanwhile, or misses its answer.
pub fn waits_without_spinning(lab: &Lab, program: &str, good: &Exchange) -> Outcome {
    let mut dialogue = Dialogue::start(lab, program)?;
    let half = good.question.len() / 2;
    dialogue.program.send(&good.question[..half])?;
    dialogue.program.expect_waiting()?;
    let mut rest = good.question[half..].to_vec();
    rest.push(b'\n');
    dialogue.program.send(&rest)?;
    dialogue.program.close_stdin();
    dialogue.hear(good)?;
    dialogue.leave()?;
    Ok(())
}

/// Standard output has the answers and nothing else (R2): neither a greeting
/// nor a prompt.
///
/// # Errors
///
/// It prints before it is asked, or more than the answer.
pub fn prints_answers_only(lab: &Lab, program: &str, good: &Exchange) -> Outcome {
    let mut dialogue = Dialogue::start(lab, program)?;
    let printed = {
        let deadline = dialogue.program.scene().deadline(clock::SILENCE);
        let running = Arc::clone(dialogue.program.running());
        running
            .stdout
            .wait(&deadline, |all, _| (!all.is_empty()).then(|| all.to_vec()))
    };
    if let Some(printed) = printed {
        return Err(lab.wrong(
            "it prints nothing before it is asked",
            &[format!("It printed {}.", bytes::show(&printed))],
        ));
    }
    for _ in 0..2 {
        dialogue
            .program
            .push(&[&good.question[..], b"\n"].concat())?;
    }
    lab.step(format!("it was asked {}, twice", good.shown()));
    dialogue.program.close_stdin();
    dialogue.hear(good)?;
    dialogue.hear(good)?;
    dialogue.leave()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_shown_as_it_is_typed_unless_it_cannot_be() {
        let shown = |question: &[u8]| Exchange::new(question, Answer::Nothing).shown();
        assert_eq!(shown(b"encode u8 65"), "`encode u8 65`");
        assert_eq!(shown(b"a\0b"), r#""a\0b""#);
        assert_eq!(shown(&[b'a'; 100]), r#""aaaaaaaaaaaaaaaa"… (100 bytes)"#);
    }

    #[test]
    fn what_is_expected_is_a_sentence() {
        let exchange = Exchange::new("encode u8 65", Answer::line("41"));
        assert_eq!(exchange.expected(), "it answers `encode u8 65` with `41`");
    }
}
