//! What every client must get through before and after it talks.

use crate::failure::{are_wrong_usage, is_failed_call, is_unknown};
use crate::lab::Lab;
use crate::names;
use crate::program::Program;
use crate::server::{Server, ServerOptions};
use crate::start::{Start, Stdin};
use crate::story::Outcome;

/// A client that is run with HOST, PORT and what it is to do.
pub struct Client<'a> {
    /// The program's name.
    pub program: &'a str,
    /// Its arguments behind the port.
    pub arguments: &'a [&'a str],
}

impl Client<'_> {
    /// The client of this server, to be started.
    pub fn of<'l>(&self, lab: &'l Lab, server: &Server) -> Start<'l> {
        self.to(lab, "127.0.0.1", server.port()).stdin(Stdin::Null)
    }

    fn to<'l>(&self, lab: &'l Lab, host: &str, port: u16) -> Start<'l> {
        let client = lab.program(self.program).args([host, &port.to_string()]);
        client.args(self.arguments)
    }

    /// Nobody listens on the port.
    ///
    /// # Errors
    ///
    /// It does not end with status 1 and the system's text.
    pub fn names_a_refused_connection(&self, lab: &mut Lab) -> Outcome {
        let port = lab.port();
        lab.step("nobody listened on the port");
        let ended = self.to(lab, "127.0.0.1", port).run()?;
        is_failed_call(&ended, "Connection refused")
    }

    /// Nobody has the host's name.
    ///
    /// # Errors
    ///
    /// It does not end with status 3 and a message.
    pub fn tells_an_unknown_host_from_a_refusal(&self, lab: &mut Lab) -> Outcome {
        let port = lab.port();
        is_unknown(&self.to(lab, names::nobody(lab), port).run()?)
    }

    /// Each of these lists of arguments is wrong usage.
    ///
    /// # Errors
    ///
    /// One of them is taken.
    pub fn refuses_wrong_usage(&self, lab: &mut Lab, wrong: &[&[&str]]) -> Outcome {
        are_wrong_usage(lab, self.program, wrong)
    }
}

/// A scripted server, not yet listening. Its port is the story's where stories are
/// compared, and else one that the kernel finds to be free.
pub fn server(lab: &mut Lab) -> ServerOptions {
    let port = if lab.in_cell() { lab.port() } else { 0 };
    lab.server("the server").port(port)
}

/// The same, listening.
///
/// # Errors
///
/// Ungraded when the lab's own socket cannot be had.
pub fn scripted(lab: &mut Lab) -> Outcome<Server> {
    server(lab).listen()
}

/// The client ends with status 1, says why, and prints nothing.
///
/// # Errors
///
/// One of them is otherwise.
pub fn gives_up(lab: &Lab, client: &mut Program) -> Outcome {
    let ended = client.expect_exit(1)?;
    lab.require(
        !ended.stderr.trim().is_empty(),
        "it says on standard error why it gives up",
        "It said nothing.",
    )?;
    ended.stdout_is(b"")
}
