//! How much isolation a machine has to offer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::platform;

/// How much isolation a machine has to offer, best first.
///
/// ```
/// use jail::Tier;
///
/// let tier: Tier = "cell".parse()?;
/// assert_eq!(tier, Tier::Cell);
/// assert_eq!(tier.to_string(), "cell");
/// assert!(tier.has_cell() && !Tier::Jail.has_cell());
/// # Ok::<(), jail::UnknownTier>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Root: namespaces, a user of its own for the student's program, and
    /// control groups where they exist.
    Vm,
    /// An ordinary user on an ordinary Linux: namespaces inside a user namespace. There,
    /// root too has a user of its own for the student's program.
    Cell,
    /// No namespaces (a container's default, Ubuntu 24.04): Landlock and
    /// seccomp around the student's program, free ports, the machine's own files.
    Jail,
    /// Nothing but resource limits: for judging one's own program.
    None,
}

impl Tier {
    /// All tiers, best first.
    pub const ALL: [Tier; 4] = [Tier::Vm, Tier::Cell, Tier::Jail, Tier::None];

    /// Whether a check gets namespaces: fixed ports, private files, names of the lab.
    pub fn has_cell(self) -> bool {
        matches!(self, Tier::Vm | Tier::Cell)
    }

    /// Whether a student's program is another user than the lab: then it must
    /// own what it writes to, and be able to walk to what it reads.
    pub fn has_another_user(self) -> bool {
        match self {
            Tier::Vm | Tier::Jail => nix::unistd::geteuid().is_root(),
            Tier::Cell => platform::is_root_with_students(),
            Tier::None => false,
        }
    }

    /// The name as it is written on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Vm => "vm",
            Tier::Cell => "cell",
            Tier::Jail => "jail",
            Tier::None => "none",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(text: &str) -> Result<Self, UnknownTier> {
        Tier::ALL
            .into_iter()
            .find(|tier| tier.name() == text)
            .ok_or_else(|| UnknownTier(text.to_owned()))
    }
}

/// A text that names no tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTier(pub String);

impl fmt::Display for UnknownTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no tier {:?}: it is vm, cell, jail or none", self.0)
    }
}

impl std::error::Error for UnknownTier {}
