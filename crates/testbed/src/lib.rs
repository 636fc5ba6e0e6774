//! What checks are written with: start a program, be its peer, observe it,
//! disturb it, tell the story.

pub mod exercise;
