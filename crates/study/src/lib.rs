//! What somebody who learns alone keeps and asks for: how far they have come,
//! hints, backups of what they wrote, a new version of the lab.
//!
//! Nothing here judges, and nothing that judges looks here: a hint that was used
//! changes no score. What is kept lies in [`FOLDER`] at the root of the lab.

pub mod backup;
mod folder;
pub mod map;
mod moment;
pub mod progress;
pub mod reset;
pub mod solution;
#[cfg(test)]
mod testing;
#[cfg(feature = "update")]
pub mod update;

pub use folder::FOLDER;
pub use moment::Moment;
pub use progress::{Last, Progress};
