//! The client and the server together.

use super::calculator::*;
use predicates::prelude::predicate;
use testbed::messages::{comes, expect_error_text};
use testbed::prelude::*;

const CLIENT: &str = "calc-client";

pub fn client_and_server_work_together(lab: &mut Lab) -> Outcome {
    let server = SERVICE.start(lab)?;
    let port = lab.port().to_string();
    lab.repeat(12, "12 clients were served", |lab, _| {
        let (kind, _, a, b) = random_task(lab);
        let operation = ["", "add", "sub", "mul", "div"][usize::from(kind)];
        let ended = lab
            .program(CLIENT)
            .args(["127.0.0.1", &port, operation])
            .args([a, b])
            .run()?;
        ended.exited(0)?;
        let line = format!("{}\n", calculated(kind, a, b));
        ended.stdout_is(line.as_bytes())
    })?;
    let mut ada = comes(lab, "ada")?;
    lab.step("ada asked for 1 / 0");
    ada.send(&request(DIV, 1, 0))?;
    let text = expect_error_text(lab, &mut ada, DIVISION_BY_ZERO)?;
    lab.step(format!("the server's text was `{text}`"));
    let client = lab.program(CLIENT).args(["127.0.0.1", &port]);
    let ended = client.args(["div", "1", "0"]).run()?;
    ended.exited(1)?;
    ended.stderr_matches(
        "the client writes this text to standard error",
        &predicate::str::contains(text.trim()),
    )?;
    ended.stdout_is(b"")?;
    server.expect_alive()
}
