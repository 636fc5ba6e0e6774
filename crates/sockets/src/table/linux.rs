//! Linux's files.

use super::Row;
use crate::{Error, Result};
use std::{fs, io};

pub fn read() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let failed = |cause| Error::call("read", file, cause);
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            // A kernel without IPv6.
            Err(cause) if file.ends_with('6') && cause.kind() == io::ErrorKind::NotFound => break,
            Err(cause) => return Err(failed(cause)),
        };
        for line in text.lines().skip(1) {
            rows.push(line.parse().map_err(|bad| failed(io::Error::other(bad)))?);
        }
    }
    Ok(rows)
}
