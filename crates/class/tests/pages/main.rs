//! The pages of a class, read as a browser reads them.

#![allow(
    clippy::unwrap_used,
    reason = "tests may panic, and so may what they share"
)]

mod browser;
mod class;
mod grades;
mod hostile;
mod html;
mod written;
