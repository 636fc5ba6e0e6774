//! What every server of messages must get through, whatever its messages say
//! and however it serves several clients at once.

use crate::clock;
use crate::echo::Holdings;
use crate::failure::{is_failed_call, is_wrong_usage};
use crate::lab::Lab;
use crate::peer::Peer;
use crate::program::Program;
use crate::story::Outcome;

/// A client connects. The server has done what was to be done before, and waits
/// for the next one: so each run meets it in the same state.
///
/// # Errors
///
/// The connection is refused or not completed.
pub fn comes(lab: &mut Lab, name: &str) -> Outcome<Peer> {
    let port = lab.port();
    lab.settle();
    let client = lab.connect(name, port)?;
    lab.settle();
    Ok(client)
}

/// A server of which one request and its reply are known.
pub struct Service<'a> {
    /// The program's name.
    pub program: &'a str,
    /// Its arguments behind the port.
    pub arguments: &'a [&'a str],
    /// The bytes of the request.
    pub request: &'a [u8],
    /// How a step of the story calls it, e.g. `asked for 2 + 3`.
    pub asks: &'a str,
    /// Takes the whole reply.
    pub reply: fn(&Lab, &mut Peer) -> Outcome,
}

impl Service<'_> {
    /// Starts the server and waits until it listens.
    ///
    /// # Errors
    ///
    /// It does not listen within a step.
    pub fn start(&self, lab: &mut Lab) -> Outcome<Program> {
        let port = lab.port();
        lab.program(self.program)
            .arg(port)
            .args(self.arguments)
            .start_listening(port)
    }

    /// The peer asks, and gets the reply.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn ask(&self, lab: &Lab, peer: &mut Peer) -> Outcome {
        lab.step(format!("{} {}", peer.name(), self.asks));
        peer.send(self.request)?;
        (self.reply)(lab, peer)
    }

    /// A client comes, asks, gets the reply, and leaves.
    ///
    /// # Errors
    ///
    /// It is not served.
    pub fn serves(&self, lab: &mut Lab, name: &str) -> Outcome {
        let mut client = comes(lab, name)?;
        self.ask(lab, &mut client)?;
        client.close();
        Ok(())
    }

    /// One client that is silent, one that stops inside its request, and
    /// several that stay: each is served when it asks.
    ///
    /// # Errors
    ///
    /// One of them waits for another.
    pub fn serves_several_at_once(&self, lab: &mut Lab) -> Outcome {
        let _server = self.start(lab)?;
        let _silent = comes(lab, "ada")?;
        lab.step("ada said nothing");
        let mut slow = comes(lab, "bob")?;
        let (half, rest) = self.request.split_at(self.request.len() / 2);
        slow.send(half)?;
        let mut others = Vec::new();
        for name in ["cleo", "dora", "emil", "fred", "gina"] {
            let mut client = comes(lab, name)?;
            self.ask(lab, &mut client)?;
            others.push(client);
        }
        for client in others.iter_mut().rev() {
            self.ask(lab, client)?;
        }
        slow.send(rest)?;
        (self.reply)(lab, &mut slow)
    }

    /// A reset ends its own connection alone: before anything, inside a
    /// request, and with the reply unread.
    ///
    /// # Errors
    ///
    /// The next client is not served.
    pub fn survives_a_reset(&self, lab: &mut Lab) -> Outcome {
        let _server = self.start(lab)?;
        comes(lab, "ada")?.reset()?;
        self.serves(lab, "bob")?;
        let mut cleo = comes(lab, "cleo")?;
        cleo.send(&self.request[..self.request.len() - 1])?;
        cleo.reset()?;
        self.serves(lab, "dora")?;
        let mut emil = comes(lab, "emil")?;
        emil.send(&self.request.repeat(3))?;
        emil.wait_for_unread()?;
        emil.reset()?;
        self.serves(lab, "fred")
    }

    /// Many clients one after another leave no descriptor, process or thread.
    /// `other` is what each third of them does; it is given the server's port.
    ///
    /// # Errors
    ///
    /// Something is left.
    pub fn clients_leave_nothing_behind(
        &self,
        lab: &mut Lab,
        clients: usize,
        other: fn(&mut Lab, u16) -> Outcome,
    ) -> Outcome {
        let server = self.start(lab)?;
        // What a server opens once, at its first client, is no leak.
        self.come_and_go(lab, 12, other)?;
        let before = Holdings::of(&server)?;
        self.come_and_go(lab, clients, other)?;
        lab.eventually(
            "it holds as many descriptors, processes and threads as before them",
            || match Holdings::of(&server) {
                Ok(now) if now.within(&before) => Ok(()),
                Ok(now) => Err(now.more_than(&before)),
                Err(_) => Err("It has ended.".into()),
            },
        )
    }

    fn come_and_go(
        &self,
        lab: &mut Lab,
        clients: usize,
        other: fn(&mut Lab, u16) -> Outcome,
    ) -> Outcome {
        let port = lab.port();
        let summary = format!("{clients} clients came and left, one after another");
        lab.repeat(clients, &summary, |lab, i| {
            if i % 3 == 2 {
                return other(lab, port);
            }
            let mut ada = lab.connect("ada", port)?;
            self.ask(lab, &mut ada)?;
            if i % 3 == 1 {
                return ada.reset();
            }
            ada.half_close()?;
            ada.expect_eof()
        })
    }

    /// Idle, with no client, and with one that is silent after its reply.
    ///
    /// # Errors
    ///
    /// It uses processor time.
    pub fn waits_without_spinning(&self, lab: &mut Lab) -> Outcome {
        let server = self.start(lab)?;
        server.expect_waiting()?;
        let mut ada = comes(lab, "ada")?;
        self.ask(lab, &mut ada)?;
        server.expect_waiting()
    }

    /// A second server on the same port.
    ///
    /// # Errors
    ///
    /// It does not end with status 1 and the system's text, or disturbs the
    /// first.
    pub fn a_taken_port_is_an_error(&self, lab: &mut Lab) -> Outcome {
        let _server = self.start(lab)?;
        let port = lab.port();
        lab.step("then a second server was started on the same port:");
        let second = lab.program(self.program).arg(port).args(self.arguments);
        let second = second.run()?;
        is_failed_call(&second, "Address already in use")?;
        self.serves(lab, "ada")
    }

    /// Through 127.0.0.1 and through another address of this machine.
    ///
    /// # Errors
    ///
    /// One of them is refused.
    pub fn listens_on_all_addresses(&self, lab: &mut Lab) -> Outcome {
        let _server = self.start(lab)?;
        let port = lab.port();
        for (name, last) in [("ada", 1), ("bob", 9)] {
            let mut client = lab.peer(name).to([127, 0, 0, last]).connect(port)?;
            self.ask(lab, &mut client)?;
        }
        Ok(())
    }

    /// What is no port is wrong usage, also a number of which 32 bits are one,
    /// and so is each of these lists of arguments.
    ///
    /// # Errors
    ///
    /// The status is not 2, or nothing is said.
    pub fn refuses_wrong_usage(&self, lab: &mut Lab, others: &[&[&str]]) -> Outcome {
        let ports = ["0", "65536", "-1", "abc", "4321x", "", "4294971617"];
        let ports = ports.iter().map(|port| {
            let mut all = vec![*port];
            all.extend(self.arguments);
            all
        });
        let wrong: Vec<Vec<&str>> = ports.chain(others.iter().map(|it| it.to_vec())).collect();
        lab.repeat(wrong.len(), "wrong arguments were given", |lab, i| {
            is_wrong_usage(lab, self.program, &wrong[i])
        })
    }

    /// Standard output stays empty, also when a connection breaks.
    ///
    /// # Errors
    ///
    /// Something is on it.
    pub fn prints_nothing(&self, lab: &mut Lab) -> Outcome {
        let mut server = self.start(lab)?;
        self.serves(lab, "ada")?;
        let mut bob = comes(lab, "bob")?;
        bob.send(&self.request[..3])?;
        bob.reset()?;
        self.serves(lab, "cleo")?;
        // All that it printed is there then, and the story the same each time.
        lab.scene.deadline(clock::SILENCE).wait(|| None::<()>);
        server.expect_no_more_stdout()
    }
}
