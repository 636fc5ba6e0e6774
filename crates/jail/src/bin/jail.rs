//! See the library's `Jail`.

fn main() {
    let status = jail::command::jail(std::env::args_os().skip(1));
    std::process::exit(status);
}
