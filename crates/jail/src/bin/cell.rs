//! See the library's `Cell`.

use std::process::ExitCode;

use jail::command::{CellOptions, complain, execute};

fn main() -> ExitCode {
    let options = match CellOptions::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            complain("cell", wrong);
            return ExitCode::from(2);
        }
    };
    let wrong = execute(&options.program);
    complain(
        "cell",
        format_args!("{}: {wrong}", options.program[0].to_string_lossy()),
    )
}
