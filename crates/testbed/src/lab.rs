//! The frame of a check: what it is given, and what becomes of its end.

use std::net::IpAddr;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::exercise::{Check, Exercise};
use crate::peer::{Peer, PeerOptions};
use crate::random::{DEFAULT_SEED, Random};
use crate::scene::{Scene, lock};
use crate::server::{Server, ServerOptions};
use crate::start::Start;
use crate::story::{Outcome, Wrong};
use crate::{bytes, clock, table};

/// The exit status by which a test process says that the lab itself could not
/// judge.
pub const UNGRADED: i32 = 70;

/// How long all rounds of a [`Lab::repeat`] may take: less than the grader
/// gives to a check, which would be the lab's own failure.
const ROUNDS: Duration = Duration::from_secs(45);

/// Runs one check and lets the test pass or fail by its outcome.
///
/// The check's name is that of the function around `body`; its requirement is
/// found under that name in the text of `exercise.toml`. On failure the story
/// is printed and, where `LAB_STORY` names a file, written there.
#[track_caller]
pub fn check<F>(exercise: &str, body: F)
where
    F: FnOnce(&mut Lab) -> Outcome,
{
    let name = name_of_function::<F>();
    let handout = handout(Location::caller().file());
    let check = match Exercise::parse(exercise) {
        Ok(exercise) => match exercise.check(name) {
            Some(check) => check.clone(),
            None => end_ungraded(&format!("exercise.toml says nothing of the check {name}")),
        },
        Err(error) => end_ungraded(&format!("exercise.toml: {error}")),
    };
    protect_from_tracing();
    let mut lab = Lab::new(check);
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&mut lab)));
    let scene = Arc::clone(&lab.scene);
    let story = match &outcome {
        Ok(Err(Wrong::Failed(failure))) => {
            Some(scene.story().tell(&scene.check, &handout, failure))
        }
        _ => None,
    };
    for program in scene.programs() {
        program.kill_all();
    }
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(Wrong::Failed(_))) => {
            let mut story = story.unwrap_or_default();
            if lab.used_random {
                story.push_str(&format!("  (random data from seed {})\n", seed()));
            }
            report("failed", &story);
            eprintln!("\n{story}");
            // The story is the message: a panic's own lines would only hide it.
            std::panic::resume_unwind(Box::new("the check failed"));
        }
        Ok(Err(Wrong::Ungraded(reason))) => end_ungraded(&reason),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            end_ungraded(&format!("the check itself panicked: {text}"))
        }
    }
}

/// What a check works with.
pub struct Lab {
    pub(crate) scene: Arc<Scene>,
    random: Random,
    used_random: bool,
    ports: Vec<u16>,
}

impl Lab {
    fn new(check: Check) -> Lab {
        let random = Random::new(seed(), &check.name);
        Lab {
            scene: Scene::new(check),
            random,
            used_random: false,
            ports: Vec::new(),
        }
    }

    /// A lab for trials of which this one's story says nothing.
    pub(crate) fn aside(&self) -> Lab {
        Lab::new(self.scene.check.clone())
    }

    /// The port for the server of this check: always the same in a cell, a
    /// free one elsewhere.
    pub fn port(&mut self) -> u16 {
        if self.ports.is_empty() {
            self.another_port();
        }
        self.ports[0]
    }

    /// A further port.
    pub fn another_port(&mut self) -> u16 {
        let port = if self.in_cell() {
            4321 + u16::try_from(self.ports.len()).unwrap_or(0)
        } else {
            free_port()
        };
        self.ports.push(port);
        port
    }

    /// Whether this check has a network, a file system and names of its own.
    pub fn in_cell(&self) -> bool {
        std::env::var_os("LAB_CELL").is_some()
    }

    /// The folder in which programs run and may write.
    pub fn scratch(&self) -> PathBuf {
        std::env::var_os("LAB_SCRATCH").map_or_else(std::env::temp_dir, PathBuf::from)
    }

    /// `n` random bytes.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        self.used_random = true;
        self.random.bytes(n)
    }

    /// A line of `n` random letters and its `\n`.
    pub fn text_line(&mut self, n: usize) -> Vec<u8> {
        self.used_random = true;
        self.random.text_line(n)
    }

    /// A random number of the range.
    pub fn number(&mut self, range: Range<u64>) -> u64 {
        self.used_random = true;
        self.random.number(range)
    }

    pub(crate) fn random_for(&self, name: &str) -> Random {
        Random::new(seed(), name)
    }

    /// A program under judgement, to be started.
    pub fn program(&self, name: &str) -> Start<'_> {
        Start::new(&self.scene, name)
    }

    /// A client that connects to a port of this machine. `name` is what the
    /// story calls it.
    ///
    /// # Errors
    ///
    /// The connection is refused or not completed.
    pub fn connect(&self, name: &str, port: u16) -> Outcome<Peer> {
        self.peer(name).connect(port)
    }

    /// A client with options.
    pub fn peer(&self, name: &str) -> PeerOptions {
        PeerOptions::new(&self.scene, name)
    }

    /// A scripted server on a free port.
    ///
    /// # Errors
    ///
    /// Ungraded when the lab's own socket cannot be had.
    pub fn listen(&self, name: &str) -> Outcome<Server> {
        self.server(name).listen()
    }

    /// A scripted server with options.
    pub fn server(&self, name: &str) -> ServerOptions {
        ServerOptions::new(&self.scene, name)
    }

    /// The host name of an address, or the address itself where it has none.
    pub fn name_of(&self, ip: impl Into<IpAddr>) -> String {
        let ip = ip.into();
        dns_lookup::lookup_addr(&ip).unwrap_or_else(|_| ip.to_string())
    }

    /// The kernel's socket that listens on a port.
    pub fn listening(&self, port: u16) -> Option<table::Socket> {
        table::listening(port)
    }

    /// All TCP sockets that the kernel shows here.
    pub fn sockets(&self) -> Vec<table::Socket> {
        table::sockets()
    }

    /// Adds a sentence to the story, in the past tense, without a full stop.
    pub fn step(&self, text: impl Into<String>) {
        self.scene.step(text);
    }

    /// Waits until the programs have done what the last step made them do, so
    /// that what follows meets them in the same state in each run. It demands
    /// nothing of them.
    pub fn settle(&self) {
        self.scene.settle();
    }

    /// What follows is a scene of its own: the story begins with this sentence,
    /// and tells nothing of what went well before.
    pub fn begin_anew(&self, title: impl Into<String>) {
        self.scene.story().begin_anew(title);
    }

    /// Does something many times; the story tells the present round, or
    /// `summary` when all went well.
    ///
    /// # Errors
    ///
    /// The first error of a round, or all together take too long.
    pub fn repeat(
        &mut self,
        times: usize,
        summary: &str,
        mut round: impl FnMut(&mut Lab, usize) -> Outcome,
    ) -> Outcome {
        let deadline = self.scene.deadline(ROUNDS);
        for i in 0..times {
            self.scene.story().begin_round(format!(
                "round {} of {}",
                bytes::thousands(i + 1),
                bytes::thousands(times)
            ));
            round(self, i)?;
            if deadline.is_over() {
                let seconds = ROUNDS.as_secs();
                self.scene.story().end_rounds(summary.into());
                return Err(self.wrong(
                    &format!(
                        "all {} rounds together take less than {seconds} s",
                        bytes::thousands(times)
                    ),
                    &["They were not done by then.".into()],
                ));
            }
        }
        self.scene.story().end_rounds(summary.into());
        Ok(())
    }

    /// Waits under a step's deadline until something is so. `look` gives what
    /// it sees while it is not.
    ///
    /// # Errors
    ///
    /// It is still not so when the time is over.
    pub fn eventually(&self, expected: &str, look: impl FnMut() -> Result<(), String>) -> Outcome {
        self.within(clock::STEP, expected, look)
    }

    /// The same with another nominal time.
    ///
    /// # Errors
    ///
    /// As [`Lab::eventually`].
    pub fn within(
        &self,
        time: Duration,
        expected: &str,
        mut look: impl FnMut() -> Result<(), String>,
    ) -> Outcome {
        self.step(format!("it was watched that {expected}"));
        let mut last = String::new();
        let found = self.scene.deadline(time).wait(|| match look() {
            Ok(()) => Some(()),
            Err(seen) => {
                last = seen;
                None
            }
        });
        match found {
            Some(()) => Ok(()),
            None => Err(self.scene.wrong(expected, vec![last])),
        }
    }

    /// Demands a condition.
    ///
    /// # Errors
    ///
    /// It is not so.
    pub fn require(
        &self,
        condition: bool,
        expected: &str,
        seen: impl std::fmt::Display,
    ) -> Outcome {
        if condition {
            return Ok(());
        }
        Err(self.wrong(expected, &[seen.to_string()]))
    }

    /// A failure at this step.
    pub fn wrong(&self, expected: &str, seen: &[String]) -> Wrong {
        self.scene.wrong(expected, seen.to_vec())
    }

    /// The lab itself cannot judge here.
    pub fn ungraded(&self, reason: &str) -> Wrong {
        Wrong::Ungraded(reason.into())
    }
}

/// The `#[test]` functions of checks whose scenes lie in modules, each under
/// the name of its scene.
///
/// ```ignore
/// testbed::checks! {
///     EXERCISE;
///     server: server_adds_two_numbers, server_prints_nothing;
///     client: client_sends_its_request;
/// }
/// ```
#[macro_export]
macro_rules! checks {
    ($exercise:expr; $($module:ident: $($name:ident),* $(,)?;)*) => {
        $($(
            #[test]
            fn $name() {
                $crate::lab::check($exercise, $module::$name);
            }
        )*)*
    };
}

/// `checks::echoes_a_line::{{closure}}` → `echoes_a_line`.
fn name_of_function<F>() -> &'static str {
    std::any::type_name::<F>()
        .rsplit("::")
        .find(|part| !part.starts_with('{') && !part.ends_with('}'))
        .unwrap_or("unknown")
}

/// `…/exercises/09-echo-iterative/tests/checks.rs` → its `README.md`.
fn handout(file: &str) -> String {
    let folder = Path::new(file)
        .parent()
        .and_then(Path::parent)
        .and_then(Path::file_name)
        .map_or_else(|| "".into(), |name| name.to_string_lossy());
    format!("exercises/{folder}/README.md")
}

fn seed() -> u64 {
    std::env::var("LAB_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(DEFAULT_SEED)
}

fn report(verdict: &str, story: &str) {
    let Some(path) = std::env::var_os("LAB_STORY") else {
        return;
    };
    let report = serde_json::json!({ "verdict": verdict, "story": story });
    if let Err(error) = std::fs::write(&path, report.to_string()) {
        eprintln!("the story could not be written: {error}");
    }
}

/// Ends the test as one that says nothing about the program.
fn end_ungraded(reason: &str) -> ! {
    report("ungraded", reason);
    eprintln!("\nungraded: {reason}");
    if std::env::var_os("LAB_STORY").is_some() {
        // The grader runs one check a process and reads the status.
        std::process::exit(UNGRADED);
    }
    std::panic::resume_unwind(Box::new("ungraded"));
}

/// No process of the same user may attach to the judge (`man 2 prctl`,
/// `PR_SET_DUMPABLE`).
fn protect_from_tracing() {
    #[cfg(target_os = "linux")]
    if std::env::var_os("LAB_STORY").is_some() {
        let _ = nix::sys::prctl::set_dumpable(false);
    }
}

/// A port that nothing has, below those that the kernel gives to clients.
fn free_port() -> u16 {
    static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    let mut given = lock(&GIVEN);
    let mut random = Random::new(u64::from(std::process::id()), "ports");
    for _ in 0..10_000 {
        let port = u16::try_from(random.number(20_000..32_000)).unwrap_or(20_000);
        if !given.contains(&port) && std::net::TcpListener::bind(("0.0.0.0", port)).is_ok() {
            given.push(port);
            return port;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_named_for_its_function_and_finds_its_handout() {
        fn name<F: FnOnce()>(_: F) -> &'static str {
            name_of_function::<F>()
        }
        assert_eq!(
            name(|| ()),
            "a_check_is_named_for_its_function_and_finds_its_handout"
        );
        assert_eq!(
            handout("crates/checks/../../exercises/09-echo-iterative/tests/checks.rs"),
            "exercises/09-echo-iterative/README.md"
        );
    }

    #[test]
    fn free_ports_differ() {
        assert_ne!(free_port(), free_port());
    }
}
