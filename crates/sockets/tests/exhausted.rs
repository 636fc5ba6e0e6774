//! A process without descriptors. Alone in its target: the limit is the whole process's.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use sockets::connect_to;
use std::fs::File;
use support::listener;

#[test]
fn accept_tells_that_descriptors_are_exhausted_and_works_again_afterwards() {
    let listener = listener();
    let client = connect_to(listener.local_addr().unwrap()).unwrap();

    let limit = libc::rlimit {
        rlim_cur: 64,
        rlim_max: 64,
    };
    // SAFETY: the structure outlives the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
    let mut all = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        all.push(file);
    }

    let error = listener.accept().unwrap_err();
    assert!(error.is_exhausted(), "{error}");
    assert_eq!(error.errno(), Some(libc::EMFILE));

    // The client has waited in the queue.
    drop(all);
    let server = listener.accept().unwrap();
    assert_eq!(server.peer_addr().unwrap(), client.local_addr().unwrap());
}
