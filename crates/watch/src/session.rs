//! `watch` from its beginning to its end: takes what happens, and does what is to
//! be done.

use std::io::{self, Write};
use std::process::{Child, Command as Process, ExitCode};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use anyhow::{Context, Result};
use grader::catalogue::Catalogue;
use grader::report::ExerciseResult;
use grader::skeleton::{self, Skeleton};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGINT, SIGQUIT};
use study::Progress;

use crate::command::Command;
use crate::events::Event;
use crate::files::Files;
use crate::input::{self, Keys};
use crate::judge::{Afresh, Engine, Judge, Told};
use crate::state::{Action, Phase, State};
use crate::terminal::{self, Terminal};
use crate::{Settings, list, plain, screen, signals};

/// The lab failed.
const FAILED: u8 = 1;

/// Where what is known is shown.
enum View {
    Screen {
        terminal: Terminal,
        keys: Option<Keys>,
    },
    Plain,
}

struct Session<'a> {
    catalogue: &'a Catalogue,
    by_hand: Option<&'a [String]>,
    state: State<'a>,
    view: View,
    judge: Judge,
    files: Option<Files>,
    /// None if it cannot be read: that keeps nobody from a verdict.
    progress: Option<Progress>,
    events: Sender<Event>,
    /// What runs by hand and has the terminal.
    away: Option<Pid>,
}

/// Runs until somebody quits.
///
/// # Errors
///
/// The terminal cannot be used.
pub fn run(settings: &Settings, engine: Box<dyn Engine>) -> Result<ExitCode> {
    let catalogue = &settings.catalogue;
    let (events, happened) = mpsc::channel();
    let (progress, notice) = match Progress::open(catalogue) {
        Ok(mut progress) => {
            let notice = progress.take_notice();
            (Some(progress), notice)
        }
        Err(error) => (None, Some(format!("Your progress is not kept: {error:#}"))),
    };
    signals::listen(events.clone()).context("wait for signals")?;
    let view = if settings.plain {
        input::read_lines(events.clone());
        View::Plain
    } else {
        View::Screen {
            terminal: Terminal::take().context("set the terminal")?,
            keys: Some(Keys::read(events.clone()).context("read keys")?),
        }
    };
    let mut session = Session {
        catalogue,
        by_hand: settings.by_hand.as_deref(),
        state: State::new(catalogue, settings.at),
        view,
        judge: Judge::start(engine, events.clone()),
        files: None,
        progress,
        events,
        away: None,
    };
    session.enter(settings.at);
    if let Some(notice) = notice {
        session.state.keep_notice(notice);
    }
    session.until_the_end(&happened)
}

/// Why it ends.
enum End {
    /// Somebody wants it to.
    Wanted,
    /// A signal asks for it.
    Signal(i32),
    /// A thread is broken, and has said why.
    Broken,
}

impl Session<'_> {
    fn until_the_end(mut self, happened: &Receiver<Event>) -> Result<ExitCode> {
        let end = loop {
            self.show()?;
            let Ok(event) = happened.recv() else {
                break End::Wanted;
            };
            if let Some(end) = self.take(event)? {
                break end;
            }
        };
        if let Some(child) = self.away {
            let _ = kill(child, Signal::SIGTERM);
        }
        // First the terminal: what runs may take a moment to end.
        if let View::Screen { terminal, keys } = &mut self.view {
            *keys = None;
            terminal.leave();
        }
        let farewell = self.farewell();
        drop(self);
        Ok(match end {
            End::Wanted => {
                // The reader may have gone: there is nobody to tell.
                let _ = writeln!(io::stdout(), "{farewell}");
                ExitCode::SUCCESS
            }
            End::Signal(signal) => ExitCode::from(128 + signal as u8),
            End::Broken => ExitCode::from(FAILED),
        })
    }

    /// What is left on the terminal.
    fn farewell(&self) -> String {
        let entry = self.state.entry();
        let number = entry.number();
        let last = self.progress.as_ref().and_then(|all| all.last(entry));
        let score = last.map_or(String::new(), |last| {
            format!(" {}/{}", last.score, last.max_score)
        });
        format!("{}{score}. To go on: cargo xtask watch {number}", entry.id)
    }

    fn take(&mut self, event: Event) -> Result<Option<End>> {
        let action = match event {
            Event::Key(key) => self.state.take(Command::of_key(key)),
            Event::Line(line) => match Command::of_line(&line) {
                Some(command) => self.state.take(command),
                None => {
                    let word = line.trim();
                    let told = format!("`{word}` is no word that is known here; ? names them.");
                    self.state.tell(told);
                    None
                }
            },
            Event::InputEnded => return Ok(Some(End::Wanted)),
            // The program that runs by hand gets these too.
            Event::End(SIGINT | SIGQUIT) | Event::Suspend if self.away.is_some() => None,
            Event::End(signal) => return Ok(Some(End::Signal(signal))),
            Event::Suspend => Some(Action::Suspend),
            Event::Redraw => {
                self.forget();
                None
            }
            Event::Resumed => {
                if self.away.is_none() {
                    self.retake()?;
                }
                None
            }
            Event::Saved { changed } => self.state.saved(changed),
            Event::Polling(why) => {
                let told = format!("Saves are looked for four times a second: {why}.");
                self.state.tell(told);
                None
            }
            Event::Judge(run, told) => {
                if self.judge.is_current(run) {
                    self.told(told);
                }
                None
            }
            Event::Back(how) => {
                self.back(how)?;
                None
            }
            Event::Broken => return Ok(Some(End::Broken)),
        };
        match action {
            Some(Action::Quit) => Ok(Some(End::Wanted)),
            Some(action) => self.perform(action).map(|()| None),
            None => Ok(None),
        }
    }

    fn perform(&mut self, action: Action) -> Result<()> {
        match action {
            Action::Enter(at) => self.enter(at),
            Action::Judge(afresh) => self.begin(afresh),
            Action::Hint(check) => self.hint(&check),
            Action::List => self.list(),
            Action::Reset => self.reset(),
            Action::Try => self.by_hand()?,
            Action::Suspend => self.suspend()?,
            Action::Quit => {}
        }
        Ok(())
    }

    fn enter(&mut self, at: usize) {
        // What is said of the other exercise is of no interest any more.
        self.judge.give_up();
        let entry = &self.catalogue.entries[at];
        self.files = None;
        let last = self.progress.as_ref().and_then(|all| all.last(entry));
        self.state.enter(at, last);
        self.files = Some(Files::of(entry, self.events.clone()));
        self.begin(Afresh::Nothing);
    }

    fn begin(&mut self, afresh: Afresh) {
        let at = self.state.at();
        self.judge.begin(at, self.state.failed(), afresh);
        self.state.begin();
    }

    fn told(&mut self, told: Told) {
        let told = match told {
            Told::Failed(why) => Told::Failed(format!("{why}\n{}", terminal::words())),
            told => told,
        };
        match &told {
            Told::Done(result) => self.record(result),
            Told::Known(result) if !self.is_kept(result) => self.record(result),
            _ => {}
        }
        self.state.judge(told);
    }

    /// Keeps what an exercise came to, as `check` does.
    fn record(&mut self, result: &ExerciseResult) {
        if let Some(progress) = &mut self.progress {
            progress.record(self.state.entry(), result);
        }
        self.save();
    }

    /// Whether this is what is kept already.
    fn is_kept(&self, result: &ExerciseResult) -> bool {
        let progress = self.progress.as_ref();
        let last = progress.and_then(|all| all.last(self.state.entry()));
        last.is_some_and(|last| last.is(result))
    }

    fn save(&mut self) {
        let saved = self.progress.as_mut().map(Progress::save);
        if let Some(Err(error)) = saved {
            let told = format!("Your progress cannot be kept: {error:#}");
            self.state.keep_notice(told);
        }
    }

    fn list(&mut self) {
        let Some(progress) = &self.progress else {
            self.state
                .tell("The map cannot be shown: your progress cannot be read.");
            return;
        };
        match list::lines(self.catalogue, progress, self.state.entry()) {
            Ok(lines) => self.state.list(lines),
            Err(error) => self
                .state
                .tell(format!("The map cannot be shown: {error:#}")),
        }
    }

    fn hint(&mut self, check: &str) {
        let entry = self.state.entry();
        let (before, used) = match &mut self.progress {
            Some(progress) => {
                let before = progress.hints_used(entry, check);
                (before, progress.use_hint(entry, check))
            }
            None => {
                let shown = self.state.hints().0.len();
                (shown, shown + 1)
            }
        };
        self.state.hinted(check, before, used);
        self.save();
    }

    fn reset(&mut self) {
        let entry = self.state.entry();
        let is_skeleton = |one: &Skeleton| one.state() == skeleton::State::Same;
        if Skeleton::all_of(entry).is_ok_and(|all| all.iter().all(is_skeleton)) {
            let told = format!("{} is as it was at the start.", entry.id);
            self.state.tell(told);
            return;
        }
        match study::reset::reset(&self.catalogue.root, entry) {
            Ok(backup) => {
                // The files are seen to change, and judged.
                if let Some(progress) = &mut self.progress {
                    progress.forget(entry);
                }
                self.save();
                let backup = backup.strip_prefix(&self.catalogue.root).unwrap_or(&backup);
                let told = format!("What you wrote is in {}.", backup.display());
                self.state.keep_notice(told);
            }
            Err(error) => self.state.tell(format!("Nothing was reset: {error:#}")),
        }
    }

    /// Gives the terminal to the program that lets somebody try theirs.
    fn by_hand(&mut self) -> Result<()> {
        let number = self.state.entry().number().to_owned();
        let Some(words) = self.by_hand else {
            let told = "This lab cannot start your program by hand yet: its handout says how.";
            self.state.tell(told);
            return Ok(());
        };
        let View::Screen { terminal, keys } = &mut self.view else {
            let told = format!("In another terminal, type: cargo xtask try {number}");
            self.state.tell(told);
            return Ok(());
        };
        self.judge.give_up();
        *keys = None;
        terminal.leave();
        let lent = terminal::setting();
        match start(words, &number, &self.catalogue.root) {
            Ok(mut child) => {
                self.away = Some(Pid::from_raw(child.id() as i32));
                self.state.phase = Phase::Away;
                let events = self.events.clone();
                thread::spawn(move || {
                    let how = match child.wait() {
                        Ok(status) if status.success() => String::new(),
                        Ok(status) => format!("cargo xtask try ended with {status}."),
                        Err(error) => format!("cargo xtask try: {error}"),
                    };
                    terminal::until_return(lent.as_ref(), &how);
                    let _ = events.send(Event::Back(how));
                });
                Ok(())
            }
            Err(error) => self.back(format!("cargo xtask try cannot be started: {error}")),
        }
    }

    /// The terminal is ours again.
    fn back(&mut self, how: String) -> Result<()> {
        self.away = None;
        self.state.phase = Phase::Idle;
        self.retake()?;
        // What was saved meanwhile has to be judged, and what was given up.
        self.begin(Afresh::Nothing);
        if !how.is_empty() {
            self.state.keep_notice(how);
        }
        Ok(())
    }

    fn suspend(&mut self) -> Result<()> {
        let was_busy = matches!(self.state.phase, Phase::Judging | Phase::Preparing(_));
        // A check whose deadline passes while the lab stands still would be judged
        // wrongly.
        self.judge.give_up();
        if let View::Screen { terminal, keys } = &mut self.view {
            *keys = None;
            terminal.leave();
        }
        signals::stop_job();
        self.retake()?;
        if was_busy {
            self.begin(Afresh::Nothing);
        }
        Ok(())
    }

    fn retake(&mut self) -> Result<()> {
        if let View::Screen { terminal, keys } = &mut self.view {
            terminal.enter().context("set the terminal")?;
            if keys.is_none() {
                *keys = Some(Keys::read(self.events.clone()).context("read keys")?);
            }
        }
        Ok(())
    }

    fn forget(&mut self) {
        if let View::Screen { terminal, .. } = &mut self.view {
            terminal.forget();
        }
    }

    fn show(&mut self) -> Result<()> {
        let said = self.state.said();
        match &mut self.view {
            View::Screen { .. } if self.away.is_some() => {}
            View::Screen { terminal, .. } => {
                let (lines, first) = screen::draw(&self.state, terminal.size());
                self.state.settle(first);
                terminal.show(&lines).context("write to the terminal")?;
            }
            View::Plain => {
                let mut stdout = io::stdout().lock();
                for text in said {
                    stdout.write_all(plain::cleaned(&text).as_bytes())?;
                }
                stdout.flush()?;
            }
        }
        Ok(())
    }
}

/// Starts what runs a program by hand; it has the terminal.
fn start(words: &[String], number: &str, root: &std::path::Path) -> io::Result<Child> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
    Process::new(program)
        .args(arguments)
        .arg(number)
        .current_dir(root)
        .spawn()
}
