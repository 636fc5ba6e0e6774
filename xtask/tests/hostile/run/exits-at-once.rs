//! Ends at once, with the status of a success.

pub fn run(_port: u16) -> sockets::Result<()> {
    std::process::exit(0)
}
