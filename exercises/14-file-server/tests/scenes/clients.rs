//! The server and its clients: many, slow ones, and those that vanish.

use super::folder::*;
use testbed::messages::files::{Large, expect_block, expect_blocks, get, size};
use testbed::messages::{comes, expect_error, header};
use testbed::prelude::*;

pub fn server_serves_several_clients_at_once(lab: &mut Lab) -> Outcome {
    scene(lab, |it, lab| it.serves_several_at_once(lab))
}

pub fn a_client_that_stalls_delays_no_other(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let mut large = Large::new(lab, 128);
    large.make(lab, &files, "files/large")?;
    let _server = serving(lab, &files)?;
    let port = lab.port();
    let mut ada = lab.peer("ada").receive_buffer(4096).connect(port)?;
    lab.step("ada asked for a file of 8 MiB, and did not read it yet");
    ada.send(&get(0, "large"))?;
    ada.wait_for_unread()?;
    lab.settle();
    for name in ["bob", "cleo"] {
        let mut client = comes(lab, name)?;
        gets_hello(lab, &mut client)?;
    }
    lab.step("ada read her file");
    ada.expect(&size(large.size))?;
    expect_blocks(lab, &mut ada, large.size, |at, piece| {
        large.compare(at, piece)
    })
}

pub fn a_slow_reader_gets_every_byte(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let content = lab.bytes(700_000);
    files.file(lab, "files/noise", &content)?;
    let server = serving(lab, &files)?;
    let port = lab.port();
    let ada = lab.peer("ada").receive_buffer(8 << 10).segment(1_000);
    let mut ada = ada.connect(port)?;
    lab.step("ada asked for a file of 700,000 bytes, and read it slowly");
    ada.send(&get(0, "noise"))?;
    lab.step("whenever it waited for room, it was stopped and continued (SIGSTOP, SIGCONT)");
    ada.expect(&size(700_000))?;
    let mut came = Vec::new();
    let mut stops = 0;
    loop {
        if came.len() >= stops * 100_000 && stops < 4 {
            lab.stop_and_continue(&server)?;
            stops += 1;
        }
        let next = expect_block(lab, &mut ada).and_then(|length| {
            ada.take_stream(length, |piece| {
                came.extend_from_slice(piece);
                Ok(())
            })?;
            Ok(length)
        });
        match next {
            Ok(0) => break,
            Ok(_) => {}
            // Where a write was cut short differs from run to run.
            Err(Wrong::Failed(_)) => {
                came.clear();
                while ada.take_stream(4096, |_| Ok(())).is_ok() {}
                break;
            }
            Err(other) => return Err(other),
        }
    }
    lab.require(
        came == content,
        "the blocks hold the bytes of the file",
        "Bytes are missing: what a write had not taken was never sent.",
    )
}

pub fn server_survives_a_reset(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let mut large = Large::new(lab, 64);
    large.make(lab, &files, "files/large")?;
    let _server = serving(lab, &files)?;
    let port = lab.port();
    let mut ada = comes(lab, "ada")?;
    ada.send(&GET_HELLO[..20])?;
    ada.reset()?;
    for name in ["bob", "cleo"] {
        let mut client = lab.peer(name).receive_buffer(4096).connect(port)?;
        lab.step(format!(
            "{name} asked for a file of 4 MiB, and read none of it"
        ));
        client.send(&get(0, "large"))?;
        client.wait_for_unread()?;
        match name {
            "bob" => client.reset()?,
            _ => client.close(),
        }
        lab.settle();
    }
    let mut dora = comes(lab, "dora")?;
    gets_hello(lab, &mut dora)
}

pub fn clients_leave_nothing_behind(lab: &mut Lab) -> Outcome {
    scene(lab, |it, lab| {
        it.clients_leave_nothing_behind(lab, 120, |lab, port| {
            let mut bob = lab.connect("bob", port)?;
            bob.send(&get(0, "missing.txt"))?;
            expect_error(lab, &mut bob, NO_SUCH_FILE)?;
            bob.send(&get(99, "hello.txt"))?;
            expect_error(lab, &mut bob, BAD_OFFSET)?;
            bob.send(&get(0, "."))?;
            expect_error(lab, &mut bob, NOT_ALLOWED)?;
            bob.send(&header(16, 1000))?;
            bob.expect_eof_or_reset()
        })
    })
}

pub fn one_client_leaves_no_file_open(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let server = serving(lab, &files)?;
    let mut ada = comes(lab, "ada")?;
    gets_hello(lab, &mut ada)?;
    let processes = |server: &Program| -> Outcome<usize> {
        let observer = server.observe();
        let mut open = observer.descriptors()?;
        for process in observer.descendants()? {
            open += observer.of(process).descriptors().unwrap_or(0);
        }
        Ok(open)
    };
    lab.settle();
    let before = processes(&server)?;
    lab.repeat(
        40,
        "ada asked 40 times, for this and that",
        |lab, i| match i % 4 {
            0 => gets_hello(lab, &mut ada),
            1 => gets(lab, &mut ada, "hello.txt", HELLO, 12),
            2 => is_refused(lab, &mut ada, ".", NOT_ALLOWED),
            _ => {
                ada.send(&get(99, "hello.txt"))?;
                expect_error(lab, &mut ada, BAD_OFFSET)
            }
        },
    )?;
    lab.eventually(
        "it has as few descriptors open as before",
        || match processes(&server) {
            Ok(now) if now <= before => Ok(()),
            Ok(now) => Err(format!("It has {} more.", now - before)),
            Err(_) => Err("It has ended.".into()),
        },
    )
}

pub fn server_waits_without_spinning(lab: &mut Lab) -> Outcome {
    scene(lab, |it, lab| it.waits_without_spinning(lab))
}

pub fn a_taken_port_is_an_error(lab: &mut Lab) -> Outcome {
    scene(lab, |it, lab| it.a_taken_port_is_an_error(lab))
}

pub fn server_listens_on_all_addresses(lab: &mut Lab) -> Outcome {
    scene(lab, |it, lab| it.listens_on_all_addresses(lab))
}

pub fn server_refuses_wrong_usage(lab: &mut Lab) -> Outcome {
    scene(lab, |it, lab| {
        it.refuses_wrong_usage(lab, &[&[], &["4321"]])
    })
}

pub fn server_prints_nothing(lab: &mut Lab) -> Outcome {
    scene(lab, |it, lab| it.prints_nothing(lab))
}
