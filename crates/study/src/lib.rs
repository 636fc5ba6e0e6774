//! What somebody who learns alone keeps and asks for: how far they have come,
//! hints, backups of what they wrote, a new version of the lab.
//!
//! Nothing here judges, and nothing that judges looks here: a hint that was used
//! changes no score.
