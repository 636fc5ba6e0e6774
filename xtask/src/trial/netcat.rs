//! The machine's `nc`: there are several programs of that name, and each has its own
//! options.

use std::process::{Command, Stdio};

/// What can talk to a server, or be one, that is none of the exercise's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Netcat {
    /// OpenBSD's, which Debian installs: `-N` ends the sending side with the input.
    OpenBsd,
    /// The oldest one, and BusyBox's: the port of a server is an option.
    Traditional,
    /// Nmap's ncat, macOS's: they end the sending side by themselves.
    Other,
    /// There is none: the lab's own programs stand in.
    Missing,
}

impl Netcat {
    /// The one that `nc` is here.
    pub fn find() -> Netcat {
        let help = Command::new("nc").arg("-h").stdin(Stdio::null()).output();
        match help {
            // Each has its own idea of where help goes, and with which status.
            Ok(help) => {
                let said = [help.stdout, help.stderr].concat();
                Netcat::by_its_help(&String::from_utf8_lossy(&said))
            }
            Err(_) => Netcat::Missing,
        }
    }

    fn by_its_help(help: &str) -> Netcat {
        if help.contains("OpenBSD netcat") || help.contains("-N\t") {
            Netcat::OpenBsd
        } else if help.contains("[v1.1") || help.contains("BusyBox") {
            Netcat::Traditional
        } else {
            Netcat::Other
        }
    }

    /// A client of a port of this machine.
    pub fn talk(self, port: u16) -> String {
        match self {
            Netcat::OpenBsd => format!("nc -N 127.0.0.1 {port}"),
            Netcat::Traditional | Netcat::Other => format!("nc 127.0.0.1 {port}"),
            Netcat::Missing => format!("client --quiet 127.0.0.1 {port}"),
        }
    }

    /// A server for one client.
    pub fn listen(self, port: u16) -> String {
        match self {
            Netcat::OpenBsd => format!("nc -N -l 127.0.0.1 {port}"),
            Netcat::Traditional => format!("nc -l -s 127.0.0.1 -p {port}"),
            Netcat::Other => format!("nc -l 127.0.0.1 {port}"),
            Netcat::Missing => format!("iterative-server {port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_by_its_help() {
        let help = "\t-N\t\tShutdown the network socket after EOF on stdin\n";
        assert_eq!(Netcat::by_its_help(help), Netcat::OpenBsd);
        assert_eq!(Netcat::by_its_help("[v1.10-48.1]\n"), Netcat::Traditional);
        assert_eq!(
            Netcat::by_its_help("BusyBox v1.37.0 multi-call binary.\n"),
            Netcat::Traditional
        );
        assert_eq!(
            Netcat::by_its_help("Ncat 7.95\nUsage: ncat [options]"),
            Netcat::Other
        );
    }
}
