//! echo-iterative

fn main() {}
