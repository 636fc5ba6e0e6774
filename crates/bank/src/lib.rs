//! Is the judge right? What a maintainer holds it against.
//!
//! - [`verify`]: the known mistakes, the unusual right programs and the solutions, each
//!   with the verdict that it must get;
//! - [`mutants`]: the solutions with one small change after another.

pub mod mutants;
pub mod verify;
