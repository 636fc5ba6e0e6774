//! Scenes of a server that waits for all its clients in one call.

use crate::blocked;
use crate::crowd::comes;
use crate::echo::start;
use crate::lab::Lab;
use crate::story::Outcome;

/// With three clients it is one process with one thread.
///
/// # Errors
///
/// It has a child or a second thread.
pub fn one_thread_serves_all(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut clients = Vec::new();
    for name in ["ada", "bob", "cleo"] {
        clients.push(comes(lab, name)?);
    }
    let observer = server.observe();
    let expected = "one thread serves ada, bob and cleo";
    let children = observer.children()?.len();
    lab.require(
        children == 0,
        expected,
        format!("It has child processes: {children}."),
    )?;
    let threads = observer.threads()?;
    lab.require(
        threads == 1,
        expected,
        format!("It has {threads} threads with these three clients."),
    )
}

/// It does not wait in `select`, which takes no descriptor above 1,023
/// (`man 2 select`).
///
/// # Errors
///
/// It does.
pub fn does_not_wait_in_select(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let _ada = comes(lab, "ada")?;
    lab.settle();
    // Where the system does not tell, nothing is judged.
    server.observe().threads()?;
    lab.require(
        !blocked::sits_in(server.pid(), "select"),
        "it waits for its clients in poll or epoll",
        "It waits in select, for which 1,023 is the highest descriptor there is.",
    )
}
