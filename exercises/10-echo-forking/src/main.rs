//! echo-forking

fn main() {}
