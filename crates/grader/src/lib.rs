//! The engine: from a student's files to a report.
//!
//! The modules are the steps, in this order:
//!
//! - [`catalogue`]: which exercises there are, and what each demands;
//! - [`submission`]: what somebody handed in, taken with suspicion;
//! - [`stage`]: a fresh folder with the lab's files and the submitted ones;
//! - [`build`]: a program from a stage, compiled where nothing can be stolen;
//! - [`run`]: each check in a cell of its own, and its verdict;
//! - [`score`]: from verdicts to points;
//! - [`report`]: the one model of results, from which every format is made.
//!
//! [`grade`] drives them over any number of submissions. [`seed`] is what the
//! lab itself has to build first, and [`skeleton`] makes what is handed out. [`record`]
//! keeps verdicts from run to run, [`in_place`] knows when one on the working tree still
//! holds, and [`known`] is where it is looked for.
//!
//! Whether the engine is right is held by the crate `bank`, which stands on it: who
//! wants a verdict does not wait until that is compiled.

pub mod brief;
pub mod build;
pub mod catalogue;
pub mod crowd;
pub mod grade;
pub mod in_place;
pub mod known;
pub mod process;
pub mod record;
pub mod report;
pub mod run;
pub mod score;
pub mod seed;
pub mod shard;
pub mod skeleton;
pub mod spool;
pub mod stage;
pub mod stop;
pub mod submission;
pub mod work;
