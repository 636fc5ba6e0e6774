//! What the command line of an echo server says.

use crate::Log;
use clap::error::{ContextKind, ContextValue};
use sockets::{Listener, Result};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The command line, or the end of the program: with status 2, a message and a usage line when the
/// usage is wrong.
///
/// ```
/// #[derive(clap::Parser)]
/// struct Arguments {}
///
/// let _: Arguments = iterative_server::parse();
/// ```
pub fn parse<A: clap::Parser>() -> A {
    A::try_parse().unwrap_or_else(|mut error| {
        // clap has no usage line for a value that is wrong.
        let usage = ContextValue::StyledStr(A::command().render_usage());
        error.insert(ContextKind::Usage, usage);
        error.exit()
    })
}

/// Where to listen, and what to say.
///
/// ```
/// use clap::{Args, Command, FromArgMatches};
/// use iterative_server::Options;
///
/// let command = Options::augment_args(Command::new("server"));
/// let matches = command.clone().get_matches_from(["server", "--bind", "::1", "4321"]);
/// assert_eq!(Options::from_arg_matches(&matches)?.address().to_string(), "[::1]:4321");
/// assert!(command.try_get_matches_from(["server", "65536"]).is_err());
/// # Ok::<(), clap::Error>(())
/// ```
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Port to listen on, 1 to 65535
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// Address to listen on, IPv4 or IPv6 ("::" takes both)
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    bind: IpAddr,

    /// Connections that may wait to be accepted; the system may keep fewer
    #[arg(long, value_name = "N", default_value_t = 1024,
          value_parser = clap::value_parser!(i32).range(0..))]
    backlog: i32,

    /// Show clients by address: no name is looked up
    #[arg(long)]
    numeric: bool,

    /// Print nothing for a client or a line
    #[arg(long)]
    quiet: bool,
}

impl Options {
    /// The address to listen on.
    ///
    /// ```
    /// # use clap::{Args, Command, FromArgMatches};
    /// # use iterative_server::Options;
    /// # let command = Options::augment_args(Command::new("server"));
    /// # let options = Options::from_arg_matches(&command.get_matches_from(["server", "4321"]))?;
    /// assert_eq!(options.address().to_string(), "0.0.0.0:4321");
    /// # Ok::<(), clap::Error>(())
    /// ```
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }

    /// Socket, bind, listen.
    ///
    /// Echoes are sent at once (`TCP_NODELAY`): the pieces of a line would otherwise wait for
    /// each other's acknowledgement, 40 ms each time.
    ///
    /// # Errors
    ///
    /// Those of [`Listener::bind`].
    ///
    /// ```no_run
    /// # use clap::{Args, Command, FromArgMatches};
    /// # use iterative_server::Options;
    /// # let command = Options::augment_args(Command::new("server"));
    /// # let matches = command.get_matches_from(["server", "--quiet", "4321"]);
    /// # let options = Options::from_arg_matches(&matches)?;
    /// let listener = options.listen()?;
    /// let client = listener.accept()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn listen(&self) -> Result<Listener> {
        let listener = Listener::bind(self.address(), self.backlog)?;
        listener.set_nodelay(true)?;
        Ok(listener)
    }

    /// The log that was asked for.
    ///
    /// ```
    /// # use clap::{Args, Command, FromArgMatches};
    /// # use iterative_server::Options;
    /// # let command = Options::augment_args(Command::new("server"));
    /// # let matches = command.get_matches_from(["server", "--quiet", "4321"]);
    /// # let options = Options::from_arg_matches(&matches)?;
    /// options.log().received(b"hello\n"); // nothing, with --quiet
    /// # Ok::<(), clap::Error>(())
    /// ```
    pub fn log(&self) -> Log {
        Log::new(self.quiet, self.numeric)
    }
}
