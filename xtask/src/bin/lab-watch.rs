//! The same with what `watch` needs: the first one builds and runs it when it is
//! asked to watch.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
