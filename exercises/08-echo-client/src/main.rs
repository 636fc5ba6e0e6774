//! echo-client

fn main() {}
