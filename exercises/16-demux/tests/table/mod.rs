//! The table of the judge: random lines, and what is due for them.

use super::{answered, refused, told};
use testbed::filter::Exchange;
use testbed::prelude::*;

/// A random line. There are few addresses and names, so that lines often meet
/// what was made before.
pub fn random_line(lab: &mut Lab) -> String {
    match lab.number(0..10) {
        0 => {
            let host = ["0.0.0.0", "10.0.0.1", "10.0.0.2"][lab.number(0..3) as usize];
            let port = [22, 80][lab.number(0..2) as usize];
            format!("listen {host}:{port} {}", name(lab))
        }
        1..=3 => {
            let (local, remote) = (local(lab), remote(lab));
            format!("connection {local} {remote} {}", name(lab))
        }
        4 => format!("close {}", name(lab)),
        _ => {
            let mark = ["", " syn"][lab.number(0..2) as usize];
            format!("segment {} > {}{mark}", remote(lab), local(lab))
        }
    }
}

/// Three hundred clients of one server, each of whom then sends something.
pub fn a_crowd() -> impl Iterator<Item = String> {
    let come = (1..=300).map(|i| format!("connection 10.0.0.9:80 10.0.1.1:{} crowd-{i}", 5000 + i));
    come.chain((1..=300).map(|i| format!("segment 10.0.1.1:{} > 10.0.0.9:80", 5000 + i)))
}

fn name(lab: &mut Lab) -> String {
    format!("socket-{}", lab.number(0..12))
}

fn local(lab: &mut Lab) -> String {
    let port = [22, 80][lab.number(0..2) as usize];
    format!("10.0.0.{}:{port}", lab.number(1..4))
}

fn remote(lab: &mut Lab) -> String {
    format!("10.0.0.{}:{}", lab.number(8..10), lab.number(4000..4002))
}

/// The table as it should be, in the simplest form that there is: the numbers
/// of each socket, as text, and its name. A listener has no remote end.
#[derive(Default)]
pub struct Table {
    sockets: Vec<(String, String, String)>,
}

impl Table {
    /// Takes a line, and says what is due for it.
    pub fn exchange(&mut self, line: &str) -> Exchange {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["listen", local, name] => self.open(line, local, "", name),
            ["connection", local, remote, name] => self.open(line, local, remote, name),
            ["close", name] => {
                let count = self.sockets.len();
                self.sockets.retain(|it| it.2 != name);
                match self.sockets.len() < count {
                    true => told(line),
                    false => refused(line),
                }
            }
            ["segment", source, ">", destination, ref mark @ ..] => {
                let port = destination.rsplit(':').next().unwrap_or_default();
                let everywhere = format!("0.0.0.0:{port}");
                let mut takers = vec![(destination, source)];
                if mark == ["syn"] {
                    takers.extend([(destination, ""), (everywhere.as_str(), "")]);
                }
                let mut names = takers.iter().filter_map(|taker| self.at(*taker));
                answered(line, names.next().unwrap_or("reset"))
            }
            _ => refused(line),
        }
    }

    fn open(&mut self, line: &str, local: &str, remote: &str, name: &str) -> Exchange {
        if self.at((local, remote)).is_some() || self.sockets.iter().any(|it| it.2 == name) {
            return refused(line);
        }
        self.sockets
            .push((local.into(), remote.into(), name.into()));
        told(line)
    }

    fn at(&self, (local, remote): (&str, &str)) -> Option<&str> {
        let mut sockets = self.sockets.iter();
        let found = sockets.find(|it| it.0 == local && it.1 == remote)?;
        Some(&found.2)
    }
}
