//! Is itself nothing but the solution, by its path.

#[path = "@REPO@/solutions/09-echo-iterative/src/server.rs"]
mod solution;

pub use solution::run;
