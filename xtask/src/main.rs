//! The command line of the lab: arguments in, one call of the grader, text out.

fn main() {}
