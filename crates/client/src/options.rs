//! What the command line says.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use std::net::IpAddr;

/// An echo client: sends each line of its input, prints the line that comes back
///
/// At the end of the input it ends its sending side (what the server still sends is printed) and
/// waits for the server to end the connection.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  client localhost 4321                      a dialogue at the terminal, ^D ends it
  client --quiet ::1 4321 < letter           a file there and back
  client --bind 127.0.0.9 localhost 4321     from another address of this machine

Exit status: 0 done, 1 a system call failed or the server closed early, 2 wrong usage,
3 unknown host."
)]
pub struct Arguments {
    /// Server, a name or an address
    pub host: String,

    /// Its port, 1 to 65535
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,

    /// Address of this machine to connect from, IPv4 or IPv6
    #[arg(long, value_name = "ADDR")]
    pub bind: Option<IpAddr>,

    /// HOST is an address: no name is looked up
    #[arg(long)]
    pub numeric: bool,

    /// Do not say on standard error what it is connected to
    #[arg(long)]
    pub quiet: bool,
}

impl Arguments {
    /// The command line, or the end of the program with a message.
    pub fn of_command_line() -> Self {
        let arguments = Self::try_parse().unwrap_or_else(|mut error| {
            // clap has no usage line for a value that is wrong.
            let usage = ContextValue::StyledStr(Self::command().render_usage());
            error.insert(ContextKind::Usage, usage);
            error.exit()
        });
        if arguments.numeric && arguments.host.parse::<IpAddr>().is_err() {
            let message = format!("--numeric: '{}' is no address", arguments.host);
            Self::command()
                .error(ErrorKind::ValueValidation, message)
                .exit();
        }
        arguments
    }
}
