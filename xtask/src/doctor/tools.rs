//! Programs that the handouts use, and that nobody must have.

use std::process::Command;

use super::finding::Finding;
use super::system::Package;
use super::{Patient, Tried, first_line, try_out};

/// A program, how it is tried, and what it is for.
struct Tool {
    name: &'static str,
    arguments: &'static [&'static str],
    /// What one cannot do without.
    purpose: &'static str,
    package: Package,
}

const TOOLS: [Tool; 6] = [
    Tool {
        name: "ss",
        arguments: &["-tan"],
        purpose: "the handouts look at sockets with it",
        package: Package {
            debian: "iproute2",
            fedora: "iproute",
            macos: "",
        },
    },
    Tool {
        name: "nc",
        arguments: &["-h"],
        purpose: "the handouts talk to servers with it; `try` has a stand-in",
        package: Package {
            debian: "netcat-openbsd",
            fedora: "nmap-ncat",
            macos: "brew install netcat",
        },
    },
    Tool {
        name: "strace",
        arguments: &["-o", "/dev/null", "true"],
        purpose: "the handouts look at system calls with it",
        package: Package {
            debian: "strace",
            fedora: "strace",
            macos: "",
        },
    },
    Tool {
        name: "cc",
        arguments: &["--version"],
        purpose: "only programs in C need it",
        package: Package {
            debian: "gcc libc6-dev",
            fedora: "gcc",
            macos: "xcode-select --install",
        },
    },
    Tool {
        name: "python3",
        arguments: &["-c", "import socket"],
        purpose: "some handouts have a line of Python",
        package: Package {
            debian: "python3",
            fedora: "python3",
            macos: "xcode-select --install",
        },
    },
    Tool {
        name: "git",
        arguments: &["--version"],
        purpose: "to keep your work, and to get a new version of the lab",
        package: Package {
            debian: "git",
            fedora: "git",
            macos: "xcode-select --install",
        },
    },
];

pub fn findings(patient: &Patient) -> Vec<Finding> {
    TOOLS.iter().map(|tool| tool.finding(patient)).collect()
}

impl Tool {
    fn finding(&self, patient: &Patient) -> Finding {
        let (name, purpose) = (self.name, self.purpose);
        let mut command = Command::new(name);
        match try_out(command.args(self.arguments), &patient.stop) {
            Tried::Worked(_) => Finding::good("tools", name),
            // Every nc has its own idea of the status of its help.
            Tried::Failed(_) if name == "nc" => Finding::good("tools", name),
            Tried::Failed(text) => Finding::note(
                "tools",
                format!(
                    "{name} does not work here: {} ({purpose})",
                    first_line(&text)
                ),
            )
            .todo(match name {
                "strace" => {
                    "tracing is forbidden: sudo sysctl kernel.yama.ptrace_scope=1, or docker run \
                     --cap-add SYS_PTRACE"
                        .to_owned()
                }
                _ => self.package.install(),
            }),
            Tried::Missing(_) => {
                Finding::note("tools", format!("no {name}: {purpose}")).todo(self.package.install())
            }
        }
    }
}
