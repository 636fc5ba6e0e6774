//! What this machine can do, found by trying it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Tier;

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

impl Tier {
    /// Finds the best tier that works here, by making a cell and attempting
    /// the forgery from within a jail. Takes some milliseconds: keep the answer.
    pub fn detect(jail_bin: &Path, cell_bin: &Path) -> Found {
        let _ = (jail_bin, cell_bin);
        Found {
            tier: Tier::None,
            why: vec!["not tried yet".to_owned()],
            promises: Promises::default(),
        }
    }
}
