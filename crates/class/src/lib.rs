//! What an instructor needs around the grader. It is built only when it is asked
//! for: a learner does not wait for it.
//!
//! [`input`] opens the archives in which a class comes.
//!
//! From verdicts to grades, in this order: [`roster`] says who is in the class,
//! [`policy`] what counts, [`grades`] what each has earned. Every format of
//! [`formats`] and every page of [`pages`] is made from these and from the verdicts;
//! nothing here runs a program.

pub mod formats;
pub mod grades;
pub mod hundredths;
pub mod input;
pub mod moment;
pub mod naming;
pub mod pages;
pub mod policy;
pub mod roster;
#[cfg(test)]
mod sample;
