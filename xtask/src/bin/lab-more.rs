//! The same with what `cargo xtask` is built without: the first one builds and runs it
//! when it is asked for something of that kind.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
