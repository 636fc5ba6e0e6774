//! An echo client: a line out, a line back.

fn main() {}
