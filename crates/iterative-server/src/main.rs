//! An echo server that serves one client at a time.

fn main() {}
