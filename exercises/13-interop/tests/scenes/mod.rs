//! What is done with the programs, a function a check.

mod calculator;

pub mod both;
pub mod client;
pub mod server;
