//! The servers that are compared: found or compiled, started, ended.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use grader::stop::Stop;

use super::load;
use crate::bench::{cargo, tool};

/// How long a server may take until it serves.
const START: Duration = Duration::from_secs(5);

/// A server that could be started.
#[derive(Debug)]
pub struct Contender {
    /// What the table calls it.
    pub name: &'static str,
    /// How it is started on a port, or what is missing.
    pub command: Result<fn(&Path, u16) -> Command, String>,
    program: PathBuf,
}

/// A server that serves. It ends when this is dropped; the processes that it has for its clients end
/// with these.
#[derive(Debug)]
pub struct Server {
    /// What the table calls it.
    pub name: &'static str,
    /// Where it listens.
    pub port: u16,
    process: Child,
}

impl Contender {
    /// The lab's own server, built as it would be installed.
    pub fn of_the_lab(root: &Path, package: &'static str, stop: &Stop) -> Result<Contender> {
        let built = cargo::build(root, &["--release", "-p", package], stop)?;
        let program = built.join("release").join(package);
        Ok(Contender {
            name: package,
            command: Ok(|program, port| {
                let mut command = Command::new(program);
                command.args(["--quiet", "--numeric"]).arg(port.to_string());
                command
            }),
            program,
        })
    }

    /// The program in plain C, compiled now.
    pub fn in_c(root: &Path, shape: &str, folder: &Path) -> Result<Contender> {
        let source = root.join("xtask/bench").join(shape).with_extension("c");
        let program = folder.join(shape);
        let mut contender = Contender {
            name: "C",
            command: Ok(|program, port| {
                let mut command = Command::new(program);
                command.arg(port.to_string());
                command
            }),
            program,
        };
        if !tool::exists("cc") {
            contender.command = Err("no cc".to_owned());
            return Ok(contender);
        }
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let compiled = Command::new("cc")
            .arg("-O2")
            .arg("-o")
            .args([&contender.program, &source])
            .stdin(Stdio::null())
            .output()
            .context("start cc")?;
        if !compiled.status.success() {
            bail!(
                "cc refuses {}:\n{}",
                source.display(),
                String::from_utf8_lossy(&compiled.stderr)
            );
        }
        Ok(contender)
    }

    /// `socat`, a process for each client.
    pub fn socat() -> Contender {
        Contender::installed("socat", |program, port| {
            let mut command = Command::new(program);
            command
                .arg(format!("TCP-LISTEN:{port},reuseaddr,fork,backlog=1024"))
                .arg("PIPE");
            command
        })
    }

    /// `ncat`, a process for each client, which becomes `cat`.
    pub fn ncat() -> Contender {
        Contender::installed("ncat", |program, port| {
            let mut command = Command::new(program);
            command
                .args(["-4", "-l", "-k", "-e", "/bin/cat", "0.0.0.0"])
                .arg(port.to_string());
            command
        })
    }

    fn installed(name: &'static str, command: fn(&Path, u16) -> Command) -> Contender {
        Contender {
            name,
            command: if tool::exists(name) {
                Ok(command)
            } else {
                Err(format!("no {name}"))
            },
            program: name.into(),
        }
    }

    /// Starts it on a free port and waits until it serves.
    ///
    /// # Errors
    ///
    /// It cannot be started, or does not serve within five seconds.
    pub fn start(&self) -> Result<Server> {
        let command = match &self.command {
            Ok(command) => command,
            Err(why) => bail!("{}: {why}", self.name),
        };
        let port = free_port().context("look for a free port")?;
        let process = command(&self.program, port)
            // A ^C at the terminal is for the bench, which then ends its servers.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("start {}", self.program.display()))?;
        let server = Server {
            name: self.name,
            port,
            process,
        };
        wait_until_it_serves(port).with_context(|| format!("{} on port {port}", self.name))?;
        Ok(server)
    }
}

impl Server {
    /// The number of the process that listens.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; it was not waited for, so the number is still its own.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Free now: somebody else may take it before the server does, which is then seen.
fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    Ok(listener.local_addr()?.port())
}

fn wait_until_it_serves(port: u16) -> io::Result<()> {
    let deadline = Instant::now() + START;
    loop {
        match load::try_once(port) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                if Instant::now() >= deadline {
                    return Err(error);
                }
                pause();
            }
            tried => return tried,
        }
    }
}

/// Nothing tells when another process has come to listen: it is asked again and again.
#[allow(
    clippy::disallowed_methods,
    reason = "the pause of a bounded poll loop, before anything is measured"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}
