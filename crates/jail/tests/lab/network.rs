//! The network of a cell: a loopback of its own, with the lab's names.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Child, ChildStdout, Stdio};

use crate::bench::{Place, bench, cells, has, open_to_all, output, places};

#[test]
fn nothing_gets_out() {
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = outside.local_addr().unwrap();
    for place in cells() {
        let answer = place.attacked(&format!("connect:{address}"));
        assert_eq!(answer, "Connection refused (os error 111)", "{place:?}");
        let answer = place.attacked("udp:192.0.2.1:9");
        assert_eq!(answer, "Network is unreachable (os error 101)", "{place:?}");
    }
}

#[test]
fn the_loopback_is_up_in_both_families() {
    for place in cells() {
        for address in [
            "127.0.0.1:4321",
            "127.0.0.9:4321",
            "[::1]:4321",
            "[::]:4321",
        ] {
            let answer = place.attacked(&format!("bind:{address}"));
            assert_eq!(answer, "done", "{place:?} {address}");
        }
    }
}

#[test]
fn a_low_port_is_refused() {
    for place in cells() {
        let answer = place.attacked("bind:127.0.0.1:80");
        assert_eq!(answer, "Permission denied (os error 13)", "{place:?}");
    }
}

#[test]
fn two_cells_listen_on_the_same_port_at_once() {
    for place in cells() {
        let mut first = Holding::start(place, 1);
        let mut second = Holding::start(place, 2);
        first.has_said("attack: holding");
        second.has_said("attack: holding");
        first.ends_well();
        second.ends_well();
    }
}

struct Holding {
    cell: Child,
    said: BufReader<ChildStdout>,
}

impl Holding {
    fn start(place: Place, slot: u32) -> Self {
        let script = place.attack(place.jail().slot(slot), "hold:0.0.0.0:4321");
        let mut cell = place
            .shell(&place.cell().slot(slot), &script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(cell.stdout.take().unwrap());
        Holding { cell, said }
    }

    fn has_said(&mut self, text: &str) {
        let found = (&mut self.said)
            .lines()
            .any(|line| line.unwrap().contains(text));
        assert!(found);
    }

    fn ends_well(mut self) {
        drop(self.cell.stdin.take());
        assert!(self.cell.wait().unwrap().success());
    }
}

#[test]
fn unix_sockets_of_the_machine_are_out_of_reach() {
    let name = format!("lab-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _abstract = UnixListener::bind_addr(&address).unwrap();
    let path = bench().path("socket");
    let _path = UnixListener::bind(&path).unwrap();
    open_to_all(&path, 0o777);
    for place in places() {
        let answer = place.attacked(&format!("abstract:{name}"));
        assert_ne!(answer, "done", "{place:?}");
        // One may lie in a folder that every program sees: none is to be had at all.
        let answer = place.attacked(&format!("unix:{}", path.display()));
        assert_eq!(answer, "Operation not permitted (os error 1)", "{place:?}");
    }
}

#[test]
fn exotic_sockets_are_refused() {
    for place in places() {
        let answer = place.attacked("packet");
        assert_eq!(answer, "Operation not permitted (os error 1)", "{place:?}");
    }
}

#[test]
fn names_are_those_of_the_lab() {
    if !has("/usr/bin/getent") {
        return;
    }
    for place in cells() {
        for (question, answers) in [
            ("hosts 127.0.0.5", &["ada.lab"][..]),
            ("hosts 127.0.0.6", &["bob.lab"]),
            ("hosts 127.0.0.1", &["localhost"]),
            ("hosts ::1", &["localhost"]),
            ("hosts 127.0.0.2", &[]),
            ("ahosts server.lab", &["127.0.0.9"]),
            ("ahosts many.lab", &["::1", "127.0.0.9"]),
            ("ahosts no.such.name", &[]),
            ("services http", &["80/tcp"]),
        ] {
            let script = place.jailed(place.jail(), &format!("/usr/bin/getent {question}"));
            let output = output(place.shell(&place.cell(), &script));
            for answer in answers {
                assert!(
                    output.stdout.contains(answer),
                    "{place:?} {question}: {output:?}"
                );
            }
            assert_eq!(
                output.stdout.is_empty(),
                answers.is_empty(),
                "{place:?} {question}: {output:?}"
            );
        }
    }
}

#[test]
fn other_names_can_be_given() {
    for place in cells() {
        let cell = place.cell().hosts("127.0.0.7 eve.lab\n");
        let output = output(place.shell(&cell, "cat /etc/hosts"));
        assert_eq!(output.stdout, "127.0.0.7 eve.lab\n", "{place:?}");
    }
}
