//! `file-client HOST PORT NAME [OUT]`: fetches a file.
//!
//! This file is given: it reads the command line and chooses the exit status.
//! Your part is `message.rs`, `server.rs` and `client.rs`.

mod client;
mod message;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A system call failed, or the server sent no file.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;
/// The host's name could not be resolved.
const UNRESOLVED: u8 = 3;

fn main() -> ExitCode {
    let Some(wanted) = arguments(std::env::args_os().skip(1).collect()) else {
        eprintln!("usage: file-client HOST PORT NAME [OUT]    (PORT is a number from 1 to 65535)");
        return ExitCode::from(WRONG_USAGE);
    };
    match client::run(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("file-client: {error}");
            ExitCode::from(status(&*error))
        }
    }
}

/// What is wanted, if the arguments say so.
fn arguments(arguments: Vec<std::ffi::OsString>) -> Option<client::Wanted> {
    let arguments: Option<Vec<&str>> = arguments.iter().map(|it| it.to_str()).collect();
    let (host, port, name, out) = match arguments?[..] {
        [host, port, name] => (host, port, name, in_this_folder(name)),
        [host, port, name, out] => (host, port, name, out.into()),
        _ => return None,
    };
    Some(client::Wanted {
        host: host.into(),
        port: port.parse().ok().filter(|&port| port != 0)?,
        name: name.into(),
        out,
    })
}

/// NAME in the current folder, also when it is a path that no server allows.
fn in_this_folder(name: &str) -> PathBuf {
    Path::new(name)
        .file_name()
        .map_or_else(|| "unnamed".into(), PathBuf::from)
}

/// The exit status that tells what went wrong.
fn status(error: &(dyn Error + 'static)) -> u8 {
    match error.downcast_ref::<sockets::Error>() {
        Some(error) if error.is_resolution() => UNRESOLVED,
        _ => FAILED,
    }
}
