//! What the kernel shows of a listening socket, and what its clients see.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use testbed::failure::{is_failed_call, is_wrong_usage};
use testbed::prelude::*;
use testbed::table::State;
use testbed::{backlog, clock, echo, proc};

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "listen";

/// Starts the program on the lab's port, and waits until it listens there.
fn start(lab: &mut Lab) -> Outcome<Program> {
    let port = lab.port();
    lab.program(PROGRAM).arg(port).start_listening(port)
}

/// The same with a queue of this length.
fn start_with_backlog(lab: &mut Lab, backlog: u64) -> Outcome<Program> {
    let port = lab.port();
    let program = lab.program(PROGRAM).arg(port).arg(backlog);
    program.start_listening(port)
}

// The socket.

#[test]
fn listens_on_the_port() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let program = lab.program(PROGRAM).arg(port).start()?;
        program.wait_until_listening(port)
    });
}

#[test]
fn listens_on_all_addresses() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let _program = start(lab)?;
        lab.settle();
        let Some(socket) = lab.listening(port) else {
            // No table here: an address that is not 127.0.0.1 tells as well.
            return lab.peer("ada").to([127, 0, 0, 9]).connect(port).map(drop);
        };
        lab.require(
            socket.local.ip() == Ipv4Addr::UNSPECIFIED,
            &format!("the kernel shows it in LISTEN on 0.0.0.0:{port}"),
            format!("The kernel shows it in LISTEN on {}.", socket.local),
        )
    });
}

#[test]
fn says_that_it_listens() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let mut program = start(lab)?;
        program.expect_stdout_line(&format!("listening on 0.0.0.0:{port}"))
    });
}

#[test]
fn holds_the_socket_until_its_input_ends() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let mut program = start(lab)?;
        program.expect_stdout_line(&format!("listening on 0.0.0.0:{port}"))?;
        lab.connect("ada", port)?.close();
        program.send(b"hello\n\nbye\n")?;
        // More than a buffer holds.
        program.send(&lab.text_line(20_000))?;
        // Nobody said that it is text.
        program.send(b"\xff\n")?;
        lab.settle();
        lab.connect("bob", port)?.close();
        program.expect_alive()?;
        program.close_stdin();
        program.expect_exit(0).map(drop)
    });
}

#[test]
fn an_empty_input_ends_it_at_once() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let program = lab.program(PROGRAM).arg(port).stdin(Stdin::Null);
        lab.step("its standard input will be empty");
        let ended = program.run()?;
        ended.exited(0)?;
        ended.stdout_is(format!("listening on 0.0.0.0:{port}\n").as_bytes())
    });
}

#[test]
fn stdout_carries_only_this_line() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let mut program = start(lab)?;
        let mut ada = lab.connect("ada", port)?;
        ada.send(b"anybody there?\n")?;
        program.send(b"a line of its input\n")?;
        lab.settle();
        program.close_stdin();
        let ended = program.expect_exit(0)?;
        ended.stdout_is(format!("listening on 0.0.0.0:{port}\n").as_bytes())
    });
}

// The queue.

#[test]
fn the_queue_is_as_long_as_asked() {
    check(EXERCISE, |lab| {
        // An ordinary length, one beyond what was once the limit, and none.
        for asked in [lab.number(20..120), lab.number(200..4_000), 0] {
            let port = lab.another_port();
            let program = lab.program(PROGRAM).arg(port).arg(asked);
            let _program = program.start_listening(port)?;
            has_a_queue_of(lab, port, asked)?;
        }
        Ok(())
    });
}

#[test]
fn the_queue_is_16_if_nothing_is_asked() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let _program = start(lab)?;
        has_a_queue_of(lab, port, 16)
    });
}

/// The kernel shows this length, or its own limit.
fn has_a_queue_of(lab: &Lab, port: u16, asked: u64) -> Outcome {
    lab.settle();
    let Some(length) = backlog::of(port) else {
        return Err(lab.ungraded("this system does not tell the length of a queue"));
    };
    lab.step("the kernel was asked how long the queue of its socket may be");
    lab.require(
        u64::from(length) == asked.min(backlog::largest().into()),
        &format!("the queue has room for {asked}"),
        format!("The queue has room for {length}."),
    )
}

#[test]
fn what_exceeds_the_queue_stays_outside() {
    check(EXERCISE, |lab| {
        if !proc::available() {
            return Err(lab.ungraded("only Linux is known to leave such a client in SYN_SENT"));
        }
        let port = lab.port();
        let room = lab.number(2..5);
        let _program = start_with_backlog(lab, room)?;
        // Linux keeps one more than it was asked for (man 2 listen).
        let clients = 1..=room + 1;
        let _waiting = clients
            .map(|i| lab.connect(&format!("client {i}"), port))
            .collect::<Outcome<Vec<Peer>>>()?;
        lab.settle();
        lab.step("one client more tried to connect, for a moment");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let moment = clock::SILENCE.mul_f64(clock::patience());
        let expected = "its connection is not completed: it stays in SYN_SENT";
        match TcpStream::connect_timeout(&address, moment) {
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => Ok(()),
            Err(error) => Err(lab.wrong(expected, &[format!("Its connect failed: {error}.")])),
            Ok(_) => Err(lab.wrong(
                expected,
                &[format!(
                    "It was completed: there is room for more than {}.",
                    room + 1
                )],
            )),
        }
    });
}

#[test]
fn never_accepts() {
    check(EXERCISE, |lab| {
        if !proc::available() {
            return Err(lab.ungraded("this system does not tell how many connections wait"));
        }
        let port = lab.port();
        let program = start(lab)?;
        let mut ada = lab.connect("ada", port)?;
        let _bob = lab.connect("bob", port)?;
        let _cleo = lab.connect("cleo", port)?;
        ada.send(b"anybody there?\n")?;
        ada.expect_silence()?;
        program.expect_alive()?;
        // One of its threads may have been woken by a client. One that never
        // sleeps is the business of another check.
        let _ = lab.eventually("each of its threads waits for something", || {
            let threads = proc::threads(program.pid()).into_iter();
            let busy = threads.filter_map(proc::stat).any(|stat| stat.state == 'R');
            (!busy).then_some(()).ok_or_else(|| "One is busy.".into())
        });
        lab.step("the kernel was asked how many connections wait in the queue");
        let waiting = lab.listening(port).map_or(0, |socket| socket.receive_queue);
        lab.require(
            waiting == 3,
            "all 3 connections wait: nobody has accepted one",
            format!("{waiting} of 3 connections wait in the queue."),
        )
    });
}

// The port.

#[test]
fn restarts_at_once() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        // What goes wrong before the program is started is no fault of it.
        leave_in_time_wait(lab, port)
            .map_err(|_| lab.ungraded("the lab could not leave a connection in TIME_WAIT"))?;
        let mut outcome = start(lab);
        if let Err(Wrong::Failed(failure)) = &mut outcome {
            let left = "No process has this port: only the end of an old connection is left on it.";
            failure.seen.push(left.into());
        }
        let _program = outcome?;
        lab.connect("bob", port).map(drop)
    });
}

/// An earlier server on this port had a client, and closed first. (The program
/// itself never has a connection that could stay: it accepts none.)
fn leave_in_time_wait(lab: &mut Lab, port: u16) -> Outcome {
    let earlier = lab.server("an earlier server").port(port).listen()?;
    let mut ada = lab.connect("ada", port)?;
    let connection = earlier.accept()?;
    connection.close();
    ada.expect_eof()?;
    ada.close();
    earlier.close();
    if proc::available() {
        lab.eventually("the kernel keeps its end in TIME_WAIT", || {
            let kept = lab
                .sockets()
                .into_iter()
                .any(|socket| socket.local.port() == port && socket.state == State::TimeWait);
            kept.then_some(()).ok_or_else(|| "It does not.".into())
        })?;
    }
    Ok(())
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let _other = lab.server("another server").port(port).listen()?;
        let ended = lab.program(PROGRAM).arg(port).run()?;
        is_failed_call(&ended, "Address already in use")
    });
}

#[test]
fn two_of_them_do_not_share_a_port() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let _first = start(lab)?;
        lab.step("then a second one was started on the same port:");
        let ended = lab.program(PROGRAM).arg(port).run()?;
        is_failed_call(&ended, "Address already in use")
    });
}

#[test]
fn a_forbidden_port_is_an_error() {
    check(EXERCISE, |lab| {
        const FORBIDDEN: u16 = 80;
        let path = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
        let first_free: Option<u16> = std::fs::read_to_string(path)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        if first_free.is_none_or(|first| first <= FORBIDDEN) {
            return Err(lab.ungraded("here every program may have every port"));
        }
        let mut program = lab.program(PROGRAM).arg(FORBIDDEN).start()?;
        let root = proc::status(program.pid(), "Uid").is_some_and(|ids| ids.starts_with("0\t"));
        if root && !lab.in_cell() {
            return Err(lab.ungraded("root may have every port"));
        }
        program.close_stdin();
        is_failed_call(&program.wait_end()?, "Permission denied")
    });
}

// The program as a whole.

#[test]
fn refuses_what_is_no_port() {
    check(EXERCISE, |lab| echo::refuses_what_is_no_port(lab, PROGRAM));
}

#[test]
fn refuses_what_is_no_backlog() {
    check(EXERCISE, |lab| {
        let port = lab.port().to_string();
        for backlog in ["abc", "16x", ""] {
            is_wrong_usage(lab, PROGRAM, &[&port, backlog])?;
        }
        Ok(())
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let program = start(lab)?;
        program.expect_waiting()?;
        let _ada = lab.connect("ada", port)?;
        program.expect_waiting()
    });
}
