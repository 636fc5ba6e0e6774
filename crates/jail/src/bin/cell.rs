//! See the library's `Cell`.

fn main() {
    let status = jail::command::cell(std::env::args_os().skip(1));
    std::process::exit(status);
}
