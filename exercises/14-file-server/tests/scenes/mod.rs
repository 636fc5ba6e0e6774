//! What is done with the programs, a function a check.

mod folder;

pub mod both;
pub mod client;
pub mod clients;
pub mod memory;
pub mod server;
