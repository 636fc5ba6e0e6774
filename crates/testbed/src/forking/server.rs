//! A server with a process a connection: who its processes are, and what they
//! hold.

use std::cell::Cell;
use std::collections::BTreeSet;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::clock;
use crate::echo::start;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::proc;
pub(super) use crate::proc::runs;
use crate::program::Program;
use crate::story::{Outcome, Wrong};
use crate::table::{self, Socket, State};

/// A server that was started.
pub struct Forking {
    /// What was started.
    pub program: Program,
    pub(super) port: u16,
    watcher: Cell<Option<i32>>,
}

impl Forking {
    /// Starts the server, and waits until it listens.
    ///
    /// # Errors
    ///
    /// It does not listen within a step.
    pub fn start(lab: &mut Lab, program: &str) -> Outcome<Forking> {
        Ok(Forking {
            program: start(lab, program)?,
            port: lab.port(),
            watcher: Cell::new(None),
        })
    }

    /// The process number of the watcher. It is looked up once, when the first
    /// client has been served: a server may hand its listening socket to a
    /// child before.
    ///
    /// # Errors
    ///
    /// Ungraded where the system does not tell who holds a socket.
    pub fn watcher(&self) -> Outcome<i32> {
        if let Some(watcher) = self.watcher.get() {
            return Ok(watcher);
        }
        let inode = table::listening(self.port).map(|socket| socket.inode);
        let mut seen = holders(&self.program, inode)?;
        // Several have it for a moment after a fork, or a worker keeps it.
        let deadline = self.program.scene().deadline(clock::SILENCE);
        while seen.len() > 1 && !deadline.is_over() {
            clock::rest(deadline.slice() / 10);
            seen = holders(&self.program, inode)?;
        }
        let watcher = match seen.first() {
            Some(&holder) if !seen.contains(&self.program.pid()) => holder,
            _ => self.program.pid(),
        };
        self.watcher.set(Some(watcher));
        Ok(watcher)
    }

    /// A client comes and gets the echo of a line, and stays.
    ///
    /// # Errors
    ///
    /// It is not served.
    pub fn client(&self, lab: &Lab, name: &str) -> Outcome<Peer> {
        comes(lab, name, self.port)
    }

    /// The processes other than the watcher that hold a client's connection.
    ///
    /// # Errors
    ///
    /// Ungraded where the system does not tell.
    pub fn workers(&self, client: &Peer) -> Outcome<BTreeSet<i32>> {
        let mut workers = self.holders_of(client)?;
        workers.remove(&self.watcher()?);
        Ok(workers)
    }

    /// The processes other than the first that hold a client's connection.
    pub(super) fn holders_without_the_first(&self, client: &Peer) -> Outcome<BTreeSet<i32>> {
        let mut holders = self.holders_of(client)?;
        holders.remove(&self.program.pid());
        Ok(holders)
    }

    fn holders_of(&self, client: &Peer) -> Outcome<BTreeSet<i32>> {
        let connection = table::connection(client.peer_addr(), client.local_addr());
        holders(&self.program, connection.map(|socket| socket.inode))
    }

    /// Kills a client's workers (SIGKILL).
    ///
    /// # Errors
    ///
    /// The client has none.
    pub fn kill_workers(&self, lab: &Lab, client: &Peer) -> Outcome {
        let workers = self.workers(client)?;
        let name = client.name();
        lab.step(format!(
            "the process that served {name} was killed (SIGKILL)"
        ));
        lab.require(
            !workers.is_empty(),
            &format!("a process of its own serves {name}"),
            format!("No process but the one that listens holds {name}'s connection."),
        )?;
        for worker in workers {
            let _ = kill(Pid::from_raw(worker), Signal::SIGKILL);
        }
        Ok(())
    }

    /// A client's connection ends; when it does not, the story says who keeps
    /// it.
    ///
    /// # Errors
    ///
    /// It does not end within a step.
    pub fn expect_end(&self, client: &mut Peer) -> Outcome {
        client.expect_eof_or_reset().map_err(|wrong| {
            let Wrong::Failed(mut failure) = wrong else {
                return wrong;
            };
            let name = client.name().to_string();
            let holders = self.holders_of(client).unwrap_or_default();
            let watcher = self.watcher().unwrap_or(self.program.pid());
            if holders.contains(&watcher) {
                failure.seen.push(format!(
                    "The process that listens still has a descriptor of {name}'s connection."
                ));
            }
            Wrong::Failed(failure)
        })
    }

    /// These processes end; as a zombie, a process has ended.
    ///
    /// # Errors
    ///
    /// One of them still runs when the step's time is over.
    pub fn expect_gone(&self, lab: &Lab, workers: &BTreeSet<i32>, name: &str) -> Outcome {
        lab.eventually(
            &format!("the process that served {name} ends"),
            || match workers.iter().any(|&worker| runs(worker)) {
                true => Err("It still runs.".into()),
                false => Ok(()),
            },
        )
    }

    /// No child of one of the server's processes is a zombie; `seen` says what
    /// it means that one is.
    ///
    /// # Errors
    ///
    /// One is, when the step's time is over.
    pub fn expect_no_zombie(&self, lab: &Lab, seen: &str) -> Outcome {
        lab.eventually("no process of the server is a zombie", || {
            let all = proc::all();
            let parents = family_among(&all, self.program.pid());
            match all
                .iter()
                .any(|process| process.state == 'Z' && parents.contains(&process.parent))
            {
                true => Err(seen.into()),
                false => Ok(()),
            }
        })
    }

    /// The watcher's descriptors.
    pub(super) fn descriptors(&self) -> Outcome<usize> {
        self.program.observe().of(self.watcher()?).descriptors()
    }

    /// The watcher has no more of them; else what it has is told.
    pub(super) fn expect_descriptors(&self, before: usize) -> Result<(), String> {
        match self.descriptors() {
            Ok(now) if now <= before => Ok(()),
            Ok(now) => Err(format!("It has {} more than before.", now - before)),
            Err(_) => Err("It has ended.".into()),
        }
    }

    /// The clients' connections that the watcher holds.
    pub(super) fn connections(&self) -> Outcome<usize> {
        let sockets = self.program.observe().of(self.watcher()?).sockets()?;
        let of_a_client =
            |socket: &&Socket| socket.local.port() == self.port && socket.state != State::Listen;
        Ok(sockets.iter().filter(of_a_client).count())
    }

    /// Waits until the watcher sleeps, or has ended: what it does for a client,
    /// or for a child that ends, may last longer than the client waits.
    pub(super) fn settle(&self) -> Outcome {
        self.settle_as(self.watcher()?);
        Ok(())
    }

    /// The same for a watcher that is known, and may have ended.
    pub(super) fn settle_as(&self, watcher: i32) {
        let mut before = None;
        self.program.scene().wait_for_rest(|| {
            let sleeps = proc::stat(watcher).is_none_or(|stat| "SZX".contains(stat.state));
            let used = Some(proc::processor_time(watcher));
            let same = used == before;
            before = used;
            clock::rest(clock::SILENCE / 40);
            sleeps && same
        });
    }

    /// Sends the watcher a signal, it alone.
    pub(super) fn signal_watcher(&self, signal: Signal) -> Outcome {
        let _ = kill(Pid::from_raw(self.watcher()?), signal);
        Ok(())
    }
}

/// A client comes to a port, gets the echo of a line, and stays.
fn comes(lab: &Lab, name: &str, port: u16) -> Outcome<Peer> {
    let mut client = lab.connect(name, port)?;
    says(&mut client, "hello")?;
    Ok(client)
}

/// A client comes to the lab's port, gets the echo of a line, and stays.
pub(super) fn stays(lab: &mut Lab, name: &str) -> Outcome<Peer> {
    let port = lab.port();
    comes(lab, name, port)
}

/// The same for many, all of one name.
pub(super) fn many_stay(lab: &mut Lab, name: &str, clients: usize) -> Outcome<Vec<Peer>> {
    let mut all = Vec::new();
    lab.repeat(clients, &super::have_come(clients), |lab, _| {
        all.push(stays(lab, name)?);
        Ok(())
    })?;
    Ok(all)
}

/// The client says something, and gets it back.
pub(crate) fn says(client: &mut Peer, words: &str) -> Outcome {
    let line = format!("{words}\n");
    client.send(line.as_bytes())?;
    client.expect(line.as_bytes())
}

/// All living processes of a program: those that descend from it, and those of
/// its session, whose parent may have ended.
pub(super) fn family(program: &Program) -> BTreeSet<i32> {
    family_among(&proc::all(), program.pid())
}

fn family_among(all: &[proc::Stat], first: i32) -> BTreeSet<i32> {
    let mut family = BTreeSet::new();
    loop {
        let before = family.len();
        for process in all.iter().filter(|process| process.state != 'Z') {
            if process.session == first || process.pid == first || family.contains(&process.parent)
            {
                family.insert(process.pid);
            }
        }
        // A child may stand before its parent in the list.
        if family.len() == before {
            return family;
        }
    }
}

/// The processes of a program that have a descriptor of a socket.
pub(super) fn holders(program: &Program, inode: Option<u64>) -> Outcome<BTreeSet<i32>> {
    let Some(inode) = inode.filter(|&inode| inode != 0) else {
        return Ok(BTreeSet::new());
    };
    let mut holders = BTreeSet::new();
    for pid in family(program) {
        // A process may end while it is looked at.
        let Some(descriptors) = proc::seen(pid, proc::descriptors) else {
            if runs(pid) {
                return Err(Wrong::Ungraded(
                    "the lab may not see which sockets the program's processes hold".into(),
                ));
            }
            continue;
        };
        if descriptors
            .iter()
            .any(|(_, target)| proc::socket_inode(target) == Some(inode))
        {
            holders.insert(pid);
        }
    }
    Ok(holders)
}
