//! What a learner runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
