//! See the library's `Jail`.

use std::process::ExitCode;

use jail::command::{JailOptions, complain, execute};

fn main() -> ExitCode {
    let options = match JailOptions::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            complain("jail", wrong);
            return ExitCode::from(2);
        }
    };
    let wrong = execute(&options.program);
    complain(
        "jail",
        format_args!("{}: {wrong}", options.program[0].to_string_lossy()),
    )
}
