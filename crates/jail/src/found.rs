//! What this machine can do, found by trying it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Tier, platform};

/// What this machine can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The best tier that works.
    pub tier: Tier,
    /// For each better tier, why it does not work: `vm: not root`.
    pub why: Vec<String>,
    /// What holds in this tier.
    pub promises: Promises,
}

/// What holds on this machine in a tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promises {
    /// A student's program can neither trace nor signal its judge, nor write its memory.
    pub forging_refused: bool,
    /// Nothing gets out of the machine, nothing of the machine's network is reachable.
    pub network_closed: bool,
    /// Files outside the scratch folder cannot be written, nor those read that were not named.
    pub files_closed: bool,
    /// The scratch folder has a fixed size.
    pub scratch_bounded: bool,
    /// All processes of a check are counted together.
    pub processes_counted: bool,
    /// All memory of a check is counted together.
    pub memory_counted: bool,
    /// Ports below 1024 are refused to a student's program.
    pub low_ports_refused: bool,
}

impl Promises {
    /// What holds on both of two machines.
    pub fn and(self, other: Promises) -> Promises {
        Promises {
            forging_refused: self.forging_refused && other.forging_refused,
            network_closed: self.network_closed && other.network_closed,
            files_closed: self.files_closed && other.files_closed,
            scratch_bounded: self.scratch_bounded && other.scratch_bounded,
            processes_counted: self.processes_counted && other.processes_counted,
            memory_counted: self.memory_counted && other.memory_counted,
            low_ports_refused: self.low_ports_refused && other.low_ports_refused,
        }
    }

    /// What a user should know that this machine does not do, a sentence each.
    ///
    /// ```
    /// let nothing = jail::Promises::default();
    /// assert_eq!(nothing.broken().len(), 7);
    /// ```
    pub fn broken(&self) -> Vec<&'static str> {
        [
            (self.forging_refused, "a program can reach into its judge"),
            (self.network_closed, "a program can reach the network"),
            (self.files_closed, "a program can read or write other files"),
            (self.scratch_bounded, "files are bounded each, not together"),
            (
                self.processes_counted,
                "processes are bounded by user, not by check",
            ),
            (
                self.memory_counted,
                "memory is bounded by process, not by check",
            ),
            (self.low_ports_refused, "ports below 1024 are open"),
        ]
        .into_iter()
        .filter(|(kept, _)| !kept)
        .map(|(_, sentence)| sentence)
        .collect()
    }
}

impl Tier {
    /// Finds the best tier that works here, by making a cell and attempting
    /// the forgery from within a jail. Takes some milliseconds: keep the answer.
    pub fn detect(jail_bin: &Path, cell_bin: &Path) -> Found {
        let mut why = Vec::new();
        for tier in [Tier::Vm, Tier::Cell, Tier::Jail] {
            match tier.attempt(jail_bin, cell_bin) {
                Ok(promises) => {
                    return Found {
                        tier,
                        why,
                        promises,
                    };
                }
                Err(reason) => why.push(format!("{tier}: {reason}")),
            }
        }
        Found {
            tier: Tier::None,
            why,
            promises: Promises::default(),
        }
    }

    /// All that can be read, in a few microseconds, of what decides about the tier: the
    /// boot, the user and its rights, the namespaces, the kernel's settings. While it stays
    /// as it is, so does the tier. None where there is nothing to read it from.
    pub fn circumstances() -> Option<String> {
        platform::circumstances()
    }

    /// What holds here in this tier, or why it does not work: a program that
    /// could reach into its judge is a reason. [`Tier::None`] always works, and
    /// promises nothing.
    pub fn attempt(self, jail_bin: &Path, cell_bin: &Path) -> Result<Promises, String> {
        if self == Tier::None {
            return Ok(Promises::default());
        }
        let promises = platform::try_tier(self, jail_bin, cell_bin)?;
        if !promises.forging_refused {
            return Err("a program could reach into its judge".to_owned());
        }
        Ok(promises)
    }
}
