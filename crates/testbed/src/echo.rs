//! Scenes that every echo server must get through, whatever its way to serve:
//! one client after another, a process or a thread for each, or all in one
//! loop.
//!
//! A scene starts the program of that name on the lab's port and speaks to it.
//! It relies on nothing that the contract leaves open: echoes may come in
//! pieces, also before their line is complete; the two lines on standard
//! output may come before or after the echo, and, from several processes, in
//! any order.
//!
//! What only a server that serves one client at a time must do is in
//! [`iterative`](crate::iterative).

use std::net::IpAddr;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bytes;
use crate::clock;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::proc;
use crate::program::Program;
use crate::story::Outcome;
use crate::table::{Socket, State};

/// Starts the server and waits until it listens.
///
/// # Errors
///
/// It does not listen within a step.
pub fn start(lab: &mut Lab, program: &str) -> Outcome<Program> {
    let port = lab.port();
    lab.program(program).arg(port).start_listening(port)
}

/// A client comes, says this, gets it back, and leaves.
///
/// # Errors
///
/// It is not served.
pub fn is_served(lab: &mut Lab, name: &str, line: &[u8]) -> Outcome {
    let mut client = comes(lab, name)?;
    client.send(line)?;
    client.half_close()?;
    client.expect(line)?;
    client.close();
    Ok(())
}

/// A client connects.
fn comes(lab: &mut Lab, name: &str) -> Outcome<Peer> {
    let port = lab.port();
    wait_for_listener(lab);
    lab.connect(name, port)
}

/// A server that opens its listening socket anew for each client gets the time
/// to do so: what is wrong with that is not what most checks are about.
fn wait_for_listener(lab: &mut Lab) {
    let port = lab.port();
    let programs = lab.scene.programs();
    lab.scene.step_deadline().wait(|| {
        let all_ended = programs.iter().all(|program| program.end().is_some());
        (all_ended || lab.listening(port).is_some()).then_some(())
    });
}

/// One line, one echo: what everything else stands on.
///
/// # Errors
///
/// Something else comes back, or nothing.
pub fn echoes_a_line(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"hello\n")?;
    ada.half_close()?;
    ada.expect(b"hello\n")?;
    ada.expect_no_more()
}

/// A client that has half closed gets its answer, and then end of file.
///
/// # Errors
///
/// The answer or the end does not come.
pub fn ends_the_connection_at_end_of_file(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"good bye\n")?;
    ada.half_close()?;
    ada.expect(b"good bye\n")?;
    ada.expect_eof()
}

/// Clients come one after another, also after one that said nothing.
///
/// # Errors
///
/// One of them is not served.
pub fn serves_the_next_client(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    is_served(lab, "ada", b"first\n")?;
    is_served(lab, "bob", b"second\n")?;
    comes(lab, "cleo")?.close();
    let mut dora = comes(lab, "dora")?;
    dora.half_close()?;
    dora.expect_eof()?;
    is_served(lab, "emil", b"last\n")
}

/// A line comes back while the connection stays open, even if the next line
/// has begun.
///
/// # Errors
///
/// It does not come.
pub fn echoes_a_line_as_soon_as_it_is_complete(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"is anybody there?\n")?;
    ada.expect(b"is anybody there?\n")?;
    ada.send(b"yes\nand al")?;
    // The second line is not complete: it may come back already, or wait.
    ada.expect(b"yes\n")
}

/// `server received N bytes` for each line, at once.
///
/// # Errors
///
/// A line is counted wrongly, late, or not at all.
pub fn prints_the_length_of_each_line(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    let mut long = vec![b'x'; 999];
    long.push(b'\n');
    let lines: [&[u8]; 5] = [b"hello\n", b"\n", "caf\u{e9}\n".as_bytes(), &long, b"end\n"];
    let mut lengths = Vec::new();
    for line in lines {
        ada.send(line)?;
        lengths.push(line.len());
        expect_lengths(lab, &server, &lengths)?;
    }
    Ok(())
}

/// A line that comes in several segments is one line.
///
/// # Errors
///
/// It is counted more than once, or not echoed.
pub fn a_line_may_come_in_pieces(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send_in_pieces(b"in three pieces\n", &[3, 6])?;
    expect_lengths(lab, &server, &[16])?;
    ada.send_bytewise(b"slowly\n")?;
    expect_lengths(lab, &server, &[16, 7])?;
    ada.half_close()?;
    ada.expect(b"in three pieces\nslowly\n")
}

/// Lines that come in one segment are lines of their own.
///
/// # Errors
///
/// One is lost, or they are counted as one.
pub fn several_lines_may_come_together(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"one\ntwo\n\nthree\n")?;
    // The last segment brings the end of one line and the whole of another.
    ada.send_in_pieces(b"four\nfive\n", &[2])?;
    ada.half_close()?;
    ada.expect(b"one\ntwo\n\nthree\nfour\nfive\n")?;
    ada.expect_no_more()?;
    expect_lengths(lab, &server, &[4, 4, 1, 6, 5, 5])
}

/// The last line may lack its newline.
///
/// # Errors
///
/// It is dropped, or comes back as something else.
pub fn an_unterminated_last_line_is_a_line(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"a line\nand no newline")?;
    ada.half_close()?;
    ada.expect(b"a line\nand no newline")?;
    ada.expect_eof()?;
    expect_lengths(lab, &server, &[7, 14])
}

/// Bytes are bytes.
///
/// # Errors
///
/// Others come back.
pub fn passes_every_byte_unchanged(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    is_served(lab, "ada", b"caf\xe9: no UTF-8, \xff\xfe\n")?;
    is_served(lab, "bob", b"a NUL \0 in the middle\n")?;
    is_served(lab, "cleo", b"  from a DOS machine  \r\n")?;
    let all: Vec<u8> = (0..=255).collect();
    is_served(lab, "dora", &all)?;
    let random = lab.bytes(64 << 10);
    is_served(lab, "emil", &random)
}

/// Lines longer than any buffer.
///
/// # Errors
///
/// They do not come back whole, or the counts do not add up.
pub fn passes_long_lines(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    // Around the sizes that buffers have, and far beyond.
    let sizes = [
        1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193, 100_000,
    ];
    let long: Vec<u8> = sizes.iter().flat_map(|&n| lab.text_line(n)).collect();
    let mut all = long.clone();
    all.extend(b"short\n");
    ada.send(&all)?;
    ada.half_close()?;
    ada.expect(&all)?;
    ada.expect_no_more()?;
    let expected = format!(
        "it prints lines `server received N bytes`: the last with N = 6, those before add up to {}",
        bytes::thousands(long.len())
    );
    lab.eventually(&expected, || {
        let seen = lengths(&server.stdout());
        match seen.split_last() {
            Some((6, before)) if before.iter().sum::<usize>() == long.len() => Ok(()),
            Some((last, before)) => Err(format!(
                "The last N is {}, those before add up to {}.",
                bytes::thousands(*last),
                bytes::thousands(before.iter().sum())
            )),
            None => Err("It has printed no such line.".into()),
        }
    })
}

/// `server connected to NAME (IP)`, from several addresses.
///
/// # Errors
///
/// The line does not come, or names somebody else.
pub fn names_each_client(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    let port = lab.port();
    // The last one has no name.
    for (client, last) in [("ada", 1), ("bob", 5), ("cleo", 6), ("dora", 2)] {
        let ip = IpAddr::from([127, 0, 0, last]);
        let name = lab.name_of(ip);
        wait_for_listener(lab);
        let peer = lab.peer(client).from(ip).connect(port)?;
        server.find_stdout_line(&format!("server connected to {name} ({ip})"))?;
        peer.close();
    }
    is_served(lab, "emil", b"and one more\n")
}

/// A reset ends its own connection alone: in the middle of a line, after one,
/// and before anything.
///
/// # Errors
///
/// The next client is not served.
pub fn survives_a_reset(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"a whole line\nhalf a li")?;
    ada.expect(b"a whole line\n")?;
    ada.reset()?;
    is_served(lab, "bob", b"still there?\n")?;
    let mut cleo = lab.connect("cleo", port)?;
    cleo.send(b"and away\n")?;
    cleo.wait_for_unread()?;
    cleo.reset()?;
    is_served(lab, "dora", b"and now?\n")
}

/// A client that closes while answers are on their way to it.
///
/// # Errors
///
/// The next client is not served.
pub fn survives_a_client_that_does_not_read(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    // While ada is served, bob says much and leaves: a server that serves one
    // client at a time finds his lines and his end together.
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"one moment\n")?;
    ada.expect(b"one moment\n")?;
    let mut bob = lab.connect("bob", port)?;
    bob.send(&b"any news?\n".repeat(200))?;
    bob.close();
    ada.close();
    is_served(lab, "cleo", b"still there?\n")?;
    // Dora leaves so much unread that the server waits for her to read.
    let mut dora = lab.peer("dora").receive_buffer(4096).connect(port)?;
    let much = b"this line nobody will ever read\n".repeat(40_000);
    dora.send_until_blocked(&much)?;
    dora.close();
    is_served(lab, "emil", b"and now?\n")
}

/// A client that reads late gets all of it, also when the server was stopped
/// and continued while it waited for room: then a single `write` takes less
/// than it was given (`man 7 signal`).
///
/// # Errors
///
/// Bytes are missing.
pub fn a_slow_reader_gets_every_byte(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let ada = lab.peer("ada").receive_buffer(8 << 10).segment(1_000);
    let mut ada = ada.connect(port)?;
    let line = lab.text_line(7_990);
    let message = line.repeat(60);
    let sent = ada.send_until_blocked(&message)?;
    lab.step("whenever it waited for room, it was stopped and continued (SIGSTOP, SIGCONT)");
    let mut received = Vec::new();
    for _ in 0..4 {
        lab.stop_and_continue(&server)?;
        received.extend(ada.read_some(sent / 8)?);
    }
    received.extend(ada.send_and_read_to_end(&message[sent..])?);
    let expected = "ada receives every byte that she sent, in order";
    lab.require(
        received.len() >= message.len(),
        expected,
        "Bytes are missing: what a write had not taken was never sent.",
    )?;
    lab.require(
        received == message,
        expected,
        "She received as many bytes, but not the same.",
    )
}

/// Many clients one after another, each seventh of which resets, leave no
/// descriptor, process or thread.
///
/// # Errors
///
/// Something is left.
pub fn clients_leave_nothing_behind(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    let server = start(lab, program)?;
    // What a server opens once, at its first client, is no leak.
    come_and_go(lab, 14)?;
    let before = Holdings::of(&server)?;
    come_and_go(lab, clients)?;
    lab.eventually(
        "it holds as many descriptors, processes and threads as before them",
        || match Holdings::of(&server) {
            Ok(now) if now.within(&before) => Ok(()),
            Ok(now) => Err(now.more_than(&before)),
            Err(_) => Err("It has ended.".into()),
        },
    )
}

/// So many clients come and go, one after another.
fn come_and_go(lab: &mut Lab, clients: usize) -> Outcome {
    let port = lab.port();
    let summary = format!(
        "{} clients came and left, some of them by a reset",
        bytes::thousands(clients)
    );
    lab.repeat(clients, &summary, |lab, i| {
        let mut ada = lab.connect("ada", port)?;
        ada.send(b"hello\n")?;
        if i % 7 == 3 {
            ada.wait_for_unread()?;
            return ada.reset();
        }
        ada.expect(b"hello\n")?;
        if i % 7 == 5 {
            return ada.reset();
        }
        ada.half_close()?;
        ada.expect_eof()
    })
}

/// What a program holds that a client could leave behind.
struct Holdings {
    descriptors: usize,
    processes: usize,
    threads: usize,
}

impl Holdings {
    fn of(program: &Program) -> Outcome<Holdings> {
        let observer = program.observe();
        Ok(Holdings {
            descriptors: observer.descriptors()?,
            processes: observer.children()?.len() + observer.zombies()?,
            threads: observer.threads()?,
        })
    }

    fn within(&self, before: &Holdings) -> bool {
        self.descriptors <= before.descriptors
            && self.processes <= before.processes
            && self.threads <= before.threads
    }

    fn more_than(&self, before: &Holdings) -> String {
        let kinds = [
            ("descriptors", self.descriptors, before.descriptors),
            ("children", self.processes, before.processes),
            ("threads", self.threads, before.threads),
        ];
        let more: Vec<String> = kinds
            .iter()
            .filter(|(_, now, before)| now > before)
            .map(|(kind, now, before)| format!("{} more {kind}", bytes::thousands(now - before)))
            .collect();
        format!("It holds {} than before.", more.join(", "))
    }
}

/// The server ends first, so its port stays in TIME_WAIT; then it is started
/// again.
///
/// # Errors
///
/// It does not listen, or does not serve.
pub fn restarts_at_once(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"hello\n")?;
    ada.expect(b"hello\n")?;
    // Not only the first process: the connection may be a child's, or that of
    // a process whose parent has ended.
    for process in proc::session(server.pid()) {
        if process.pid != server.pid() {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
    }
    server.kill()?;
    ada.expect_eof_or_reset()?;
    ada.close();
    lab.step("the kernel kept the server's end of the connection in TIME_WAIT");
    // Where the kernel shows no table there is nothing to wait for.
    lab.scene.deadline(clock::SILENCE).wait(|| {
        let kept = |socket: &Socket| socket.local.port() == port && socket.state == State::TimeWait;
        lab.sockets().iter().any(kept).then_some(())
    });
    let _server = start(lab, program)?;
    is_served(lab, "bob", b"here again?\n")
}

/// A second server on the same port.
///
/// # Errors
///
/// It does not end with status 1 and the system's text, or disturbs the first.
pub fn a_taken_port_is_an_error(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    lab.step("then a second server was started on the same port:");
    let second = lab.program(program).arg(port).run()?;
    second.exited(1)?;
    second.stderr_matches(
        "its message contains the system's text `Address already in use`",
        // Some languages have the system's texts in small letters.
        &predicates::function::function(|text: &str| {
            text.to_lowercase().contains("address already in use")
        }),
    )?;
    is_served(lab, "ada", b"are you the first?\n")
}

/// Through 127.0.0.1 and through another address of this machine.
///
/// # Errors
///
/// One of them is refused.
pub fn listens_on_all_addresses(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    for (name, last) in [("ada", 1), ("bob", 9)] {
        let mut client = lab.peer(name).to([127, 0, 0, last]).connect(port)?;
        client.send(b"hello\n")?;
        client.half_close()?;
        client.expect(b"hello\n")?;
    }
    Ok(())
}

/// What is no port is wrong usage.
///
/// # Errors
///
/// It is taken for one, or the status is not 2, or nothing is said.
pub fn refuses_what_is_no_port(lab: &mut Lab, program: &str) -> Outcome {
    for wrong in ["0", "65536", "-1", "abc", "4321x", ""] {
        is_wrong_usage(lab, program, &[wrong])?;
    }
    is_wrong_usage(lab, program, &[])
}

fn is_wrong_usage(lab: &mut Lab, program: &str, arguments: &[&str]) -> Outcome {
    let ended = lab.program(program).args(arguments).run()?;
    ended.exited(2)?;
    ended.stdout_is(b"")?;
    ended.stderr_matches(
        "there is a usage line on standard error",
        &predicates::function::function(|text: &str| !text.trim().is_empty()),
    )
}

/// Standard output holds `server connected to …` and `server received …`
/// alone, also after connections that broke.
///
/// # Errors
///
/// Another line is there.
pub fn stdout_carries_only_the_two_lines(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    is_served(lab, "ada", b"hello\n")?;
    let mut bob = lab.connect("bob", port)?;
    bob.send(b"whole\nhalf")?;
    bob.expect(b"whole\n")?;
    bob.reset()?;
    lab.connect("cleo", port)?.close();
    is_served(lab, "dora", b"the last line\n")?;
    lab.eventually("it prints `server received 14 bytes`", || {
        match lengths(&server.stdout()).contains(&14) {
            true => Ok(()),
            false => Err("It has not printed this line.".into()),
        }
    })?;
    let stdout = server.stdout();
    let other = stdout
        .split_inclusive(|&byte| byte == b'\n')
        .find(|line| length(line).is_none() && !is_greeting(line));
    match other {
        None => Ok(()),
        Some(line) => Err(lab.wrong(
            "standard output carries the two lines of the contract and no other",
            &[format!("Another line is on it: {}.", bytes::show(line))],
        )),
    }
}

/// Idle, with no client, and with one that is silent between two lines.
///
/// # Errors
///
/// It uses processor time.
pub fn waits_without_spinning(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    server.expect_waiting()?;
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"let me think\n")?;
    ada.expect(b"let me think\n")?;
    server.expect_waiting()
}

/// Waits until the lines `server received N bytes` so far have these numbers.
///
/// # Errors
///
/// They have others when the step's time is over.
pub fn expect_lengths(lab: &Lab, server: &Program, expected: &[usize]) -> Outcome {
    let list = |numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        numbers.join(", ")
    };
    let sentence = format!(
        "it prints a line `server received N bytes` for each line: N = {}",
        list(expected)
    );
    lab.eventually(&sentence, || {
        let seen = lengths(&server.stdout());
        if seen == expected {
            Ok(())
        } else if seen.is_empty() {
            Err("It has printed no such line.".into())
        } else {
            Err(format!("It has printed N = {}.", list(&seen)))
        }
    })
}

/// The numbers in the lines `server received N bytes`, in order.
pub fn lengths(stdout: &[u8]) -> Vec<usize> {
    stdout
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(length)
        .collect()
}

fn length(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?;
    let number = line
        .strip_prefix("server received ")?
        .strip_suffix(" bytes\n")?;
    number.parse().ok()
}

fn is_greeting(line: &[u8]) -> bool {
    line.starts_with(b"server connected to ") && line.ends_with(b")\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_the_contract_count() {
        let stdout = b"server connected to localhost (127.0.0.1)\nserver received 6 bytes\n\
            received 7 bytes\nserver received 1 bytes\nserver received 12 byt";
        assert_eq!(lengths(stdout), [6, 1]);
        assert!(is_greeting(b"server connected to ada.lab (127.0.0.5)\n"));
        assert!(!is_greeting(b"server connected to "));
    }
}
