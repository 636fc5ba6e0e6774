//! Starting a program: which one, in which jail, with what for its standard
//! input and output.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::pty::{OpenptyResult, openpty};
use nix::sys::stat::{Mode, SFlag, fchmod, fstat};
use nix::sys::termios::{LocalFlags, SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::isatty;

use crate::ended::Ended;
use crate::program::{Ends, Program};
use crate::reader::Stdout;
use crate::running::Running;
use crate::scene::{Scene, lock};
use crate::story::{Outcome, Wrong};

/// Held while descriptors are made that a program started at the same time in
/// another thread must not inherit.
static LAUNCHING: Mutex<()> = Mutex::new(());

/// What a program's standard input is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stdin {
    /// At its end from the start.
    Null,
    /// A pipe that the check writes to.
    Pipe,
    /// A stream socket that the check writes to.
    Socket,
    /// A pseudo-terminal of its own, raw so that it changes no byte. It is not
    /// the controlling one: its end hangs nothing up.
    Terminal,
    /// A pipe that holds these bytes and then ends; they are written by a
    /// thread, whatever the program's pace.
    Bytes(Vec<u8>),
    /// A regular file.
    File(PathBuf),
}

/// A program about to be started.
#[must_use]
pub struct Start<'a> {
    scene: &'a Arc<Scene>,
    name: String,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    stdin: Stdin,
    keep_stdin: bool,
    stdout: Stdout,
    terminal: bool,
    file_limit: Option<u64>,
    given: Option<OwnedFd>,
    companion: Option<OwnedFd>,
}

/// What `/bin/sh` does for a [companion](Start::companion): a process of the
/// same jail gets descriptor 3, and the program takes the shell's place.
const WITH_COMPANION: &str =
    "exec 3<&0 </dev/null; sleep 600 >/dev/null 2>&1 & exec 3<&-; exec \"$0\" \"$@\"";

impl<'a> Start<'a> {
    pub(crate) fn new(scene: &'a Arc<Scene>, name: &str) -> Start<'a> {
        Start {
            scene,
            name: name.into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            stdin: Stdin::Pipe,
            keep_stdin: false,
            stdout: Stdout::Terminal,
            terminal: false,
            file_limit: None,
            given: None,
            companion: None,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl ToString) -> Self {
        self.arguments.push(argument.to_string());
        self
    }

    /// Adds arguments.
    pub fn args<A: ToString>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(|argument| argument.to_string()));
        self
    }

    /// Sets a variable of its environment, which is otherwise the same for
    /// all programs.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Chooses its standard input; a pipe, if not called.
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// Keeps a duplicate of its standard input, from which
    /// [`Program::left_unread`] tells what it left.
    pub fn keep_stdin(mut self) -> Self {
        self.keep_stdin = true;
        self
    }

    /// Chooses its standard output; a terminal, if not called.
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// Makes a socket of the judge's its standard input.
    pub fn stdin_is(mut self, socket: OwnedFd) -> Self {
        self.given = Some(socket);
        self
    }

    /// Gives a socket to another process that runs beside the program, in the
    /// same jail and as the same user, so that the program may look into it. It
    /// is the program's child, does nothing, and ends with the check. The
    /// program's standard input is at its end from the start.
    pub fn companion(mut self, socket: OwnedFd) -> Self {
        self.companion = Some(socket);
        self
    }

    /// Gives it a controlling terminal for standard input and output, so that
    /// ^C reaches it and its children.
    pub fn terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// At most so many open files (`RLIMIT_NOFILE`).
    pub fn file_limit(mut self, files: u64) -> Self {
        self.file_limit = Some(files);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// Ungraded, when the lab could not start it.
    pub fn start(self) -> Outcome<Program> {
        let line = self.command_line();
        let program = self.launch()?;
        program.scene().step(format!("`{line}` was started"));
        Ok(program)
    }

    /// Starts it and waits until it listens on `port`.
    ///
    /// # Errors
    ///
    /// It ended, or did not listen within a step.
    pub fn start_listening(self, port: u16) -> Outcome<Program> {
        let line = self.command_line();
        let program = self.launch()?;
        program.scene().step(format!(
            "`{line}` was started; it should listen on port {port}"
        ));
        program.await_listening(port)?;
        Ok(program)
    }

    /// Starts it, ends its input, and waits for its end.
    ///
    /// # Errors
    ///
    /// It did not end within a step.
    pub fn run(self) -> Outcome<Ended> {
        let mut program = self.start()?;
        program.drop_stdin();
        program.wait_end()
    }

    fn command_line(&self) -> String {
        let mut line = self.name.clone();
        for argument in &self.arguments {
            line.push(' ');
            if argument.is_empty() || argument.contains(char::is_whitespace) {
                line.push_str(&format!("'{argument}'"));
            } else {
                line.push_str(argument);
            }
        }
        line
    }

    fn launch(self) -> Outcome<Program> {
        let scene = Arc::clone(self.scene);
        self.try_launch(&scene).map_err(|error| {
            Wrong::Ungraded(format!("the lab could not start the program: {error}"))
        })
    }

    fn try_launch(self, scene: &Arc<Scene>) -> io::Result<Program> {
        let path = program_path(&self.name)?;
        let launching = lock(&LAUNCHING);
        let (status_reader, status_writer) = pipe()?;
        let jail = runner();
        let mut command = match &jail {
            Some(words) => {
                let mut command = Command::new(&words[0]);
                let options = words[1..].iter().filter(|word| *word != "--");
                command.args(options);
                command.arg(format!("--status-fd={}", status_writer.as_raw_fd()));
                if self.terminal {
                    command.arg("--terminal");
                }
                if let Some(files) = self.file_limit {
                    command.arg(format!("--open-files={files}"));
                }
                for (name, value) in &self.environment {
                    command.arg("--env").arg(format!("{name}={value}"));
                }
                if self.companion.is_some() {
                    command.arg("--read").arg(&path);
                    command.arg("--").args(["/bin/sh", "-c", WITH_COMPANION]);
                } else {
                    command.arg("--");
                }
                command.arg(&path);
                command
            }
            None => {
                let mut command = match self.companion {
                    Some(_) => {
                        let mut shell = Command::new("/bin/sh");
                        shell.args(["-c", WITH_COMPANION]).arg(&path);
                        shell
                    }
                    None => Command::new(&path),
                };
                command
                    .env_clear()
                    .env("PATH", "/usr/local/bin:/usr/bin:/bin")
                    .env("LANG", "C.UTF-8")
                    .env("TERM", "dumb")
                    .envs(&self.environment);
                command
            }
        };
        command.args(&self.arguments);
        if let Some(folder) = std::env::var_os("LAB_SCRATCH") {
            command.current_dir(folder);
        }

        // Standard output is a terminal, raw so that it changes no byte: C's
        // and Python's buffers then go out line by line (R9).
        let pty = raw_terminal(self.terminal)?;
        let (stderr_reader, stderr_writer) = pipe()?;

        let (stdin_child, stdin_ours) = if self.terminal {
            (pty.slave.try_clone()?, Some(pty.master.try_clone()?))
        } else if let Some(socket) = self.given.or(self.companion) {
            (socket, None)
        } else {
            standard_input(&self.stdin)?
        };
        let (stdout_child, stdout_ours, reader) = match self.stdout.ends()? {
            None => (pty.slave, pty.master, None),
            // Nothing is collected: the check has a reader of its own.
            Some((theirs, ours)) => (theirs, File::open("/dev/null")?.into(), Some(ours)),
        };
        for end in [
            stdin_child.as_fd(),
            stdout_child.as_fd(),
            stderr_writer.as_fd(),
        ] {
            may_be_opened_by_name(end);
        }
        let ends = Ends {
            kept_stdin: self
                .keep_stdin
                .then(|| stdin_child.try_clone())
                .transpose()?,
            reader,
        };
        command
            .stdin(stdin_child)
            .stdout(stdout_child)
            .stderr(stderr_writer);
        let jailed = jail.is_some();
        let terminal = self.terminal;
        let file_limit = self.file_limit.filter(|_| !jailed);
        let status = status_writer.as_raw_fd();
        // SAFETY: between fork and exec only system calls are made that are
        // async-signal-safe (`man 7 signal-safety`): setsid, ioctl, fcntl,
        // setrlimit. Nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                nix::unistd::setsid()?;
                if terminal && libc::ioctl(0, libc::TIOCSCTTY as _, 0) != 0 {
                    return Err(io::Error::last_os_error());
                }
                if jailed && libc::fcntl(status, libc::F_SETFD, 0) != 0 {
                    return Err(io::Error::last_os_error());
                }
                if let Some(files) = file_limit {
                    nix::sys::resource::setrlimit(
                        nix::sys::resource::Resource::RLIMIT_NOFILE,
                        files as _,
                        files as _,
                    )?;
                }
                Ok(())
            });
        }
        let child = command.spawn()?;
        drop(command);
        drop(status_writer);
        drop(launching);
        let running = Running::new(&self.name, child, stdout_ours, stderr_reader);
        scene.add_program(Arc::clone(&running));
        // Empty when the program has taken the jail's place; else what failed.
        let mut message = String::new();
        if jailed {
            File::from(status_reader).read_to_string(&mut message)?;
        }
        if !message.is_empty() {
            return Err(io::Error::other(format!("jail: {}", message.trim_end())));
        }
        if let (Stdin::Bytes(bytes), Some(ours)) = (&self.stdin, &stdin_ours) {
            let mut ours = File::from(ours.try_clone()?);
            let bytes = bytes.clone();
            // Ends when everything is written or the program is gone.
            std::thread::spawn(move || {
                let _ = ours.write_all(&bytes);
            });
        }
        let keeps =
            matches!(self.stdin, Stdin::Pipe | Stdin::Socket | Stdin::Terminal) || self.terminal;
        let ours = stdin_ours.filter(|_| keeps);
        if let Some(ours) = &ours {
            fcntl(ours, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        Ok(Program::new(Arc::clone(scene), running, ours, ends))
    }
}

/// The program may be another user, and open `/dev/stdin`, `/dev/stdout` or `/dev/stderr`
/// where others use the descriptor that it has: by their modes, pipes and terminals are
/// for their maker alone.
fn may_be_opened_by_name(end: BorrowedFd<'_>) {
    let is_ours = fstat(end).is_ok_and(|about| {
        let kind = SFlag::from_bits_truncate(about.st_mode) & SFlag::S_IFMT;
        kind == SFlag::S_IFIFO || isatty(end).unwrap_or(false)
    });
    if is_ours {
        // By hand it is the same user.
        let _ = fchmod(end, Mode::from_bits_truncate(0o666));
    }
}

/// The child's side and, where there is one, ours.
fn standard_input(stdin: &Stdin) -> io::Result<(OwnedFd, Option<OwnedFd>)> {
    Ok(match stdin {
        Stdin::Null => (File::open("/dev/null")?.into(), None),
        Stdin::Pipe | Stdin::Bytes(_) => {
            let (reader, writer) = pipe()?;
            (reader, Some(writer))
        }
        Stdin::Socket => {
            let (theirs, ours) = std::os::unix::net::UnixStream::pair()?;
            (theirs.into(), Some(ours.into()))
        }
        Stdin::Terminal => {
            let pty = raw_terminal(false)?;
            (pty.slave, Some(pty.master))
        }
        Stdin::File(path) => (File::open(path)?.into(), None),
    })
}

/// A pseudo-terminal that changes no byte, and makes signals of ^C and its like
/// only where that is wanted. Its ends are closed at exec.
fn raw_terminal(signals: bool) -> io::Result<OpenptyResult> {
    let pty = openpty(None, None)?;
    let mut settings = tcgetattr(&pty.slave)?;
    cfmakeraw(&mut settings);
    if signals {
        // A ^C makes a signal, and discards nothing of what was printed.
        settings
            .local_flags
            .insert(LocalFlags::ISIG | LocalFlags::NOFLSH);
    }
    tcsetattr(&pty.slave, SetArg::TCSANOW, &settings)?;
    for fd in [&pty.master, &pty.slave] {
        fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    Ok(pty)
}

/// A pipe whose ends are closed at exec.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = nix::unistd::pipe()?;
    for end in [&reader, &writer] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    Ok((reader, writer))
}

/// Which binary is judged: `CARGO_BIN_EXE_<name>` at run time, else the one
/// that cargo put beside this test.
#[allow(deprecated)]
fn program_path(name: &str) -> io::Result<PathBuf> {
    // The function, not the macro: the macro bakes the path in.
    let path = std::panic::catch_unwind(|| assert_cmd::cargo::cargo_bin(name))
        .map_err(|_| io::Error::other(format!("there is no program {name}")))?;
    if path.exists() {
        Ok(path)
    } else {
        Err(io::Error::other(format!("there is no {}", path.display())))
    }
}

/// The jail's command line, from `CARGO_TARGET_<TRIPLE>_RUNNER`.
fn runner() -> Option<Vec<String>> {
    let architecture = std::env::consts::ARCH.to_uppercase();
    let prefix = format!("CARGO_TARGET_{architecture}_");
    let (_, value) = std::env::vars()
        .find(|(name, _)| name.starts_with(&prefix) && name.ends_with("_RUNNER"))?;
    let words: Vec<String> = value.split_whitespace().map(String::from).collect();
    (!words.is_empty()).then_some(words)
}
