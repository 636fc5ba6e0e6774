//! The table, read line by line, IPv6 first, the newest line first, with tabs
//! between the columns. Bytes and hexadecimal digits are done by hand.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The name of a socket's state that listens.
pub const LISTEN: &str = "LISTEN";

/// One socket, as it is printed.
pub struct Row {
    columns: [String; 5],
    pub state: &'static str,
    pub inode: u64,
}

/// Every TCP socket.
pub fn read() -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (protocol, path) in [("tcp6", "/proc/net/tcp6"), ("tcp", "/proc/net/tcp")] {
        let Ok(file) = File::open(path) else {
            eprintln!("debug: no {path}");
            continue;
        };
        for line in BufReader::with_capacity(7, file).lines() {
            // The heading is no row.
            rows.extend(row(protocol, &line?));
        }
    }
    rows.reverse();
    Ok(rows)
}

fn row(protocol: &str, line: &str) -> Option<Row> {
    let mut fields = line.split(' ').filter(|field| !field.is_empty());
    let local = end(fields.nth(1)?)?;
    let foreign = end(fields.next()?)?;
    let state = match fields.next()? {
        "01" => "ESTABLISHED",
        "02" => "SYN_SENT",
        "03" | "0C" => "SYN_RECV",
        "04" => "FIN_WAIT1",
        "05" => "FIN_WAIT2",
        "06" => "TIME_WAIT",
        "07" => "CLOSE",
        "08" => "CLOSE_WAIT",
        "09" => "LAST_ACK",
        "0A" => LISTEN,
        "0B" => "CLOSING",
        _ => return None,
    };
    let mut queues = fields.next()?.split(':').map(number);
    let (send, receive) = (queues.next()??, queues.next()??);
    let inode = fields.nth(4)?.parse().ok()?;
    let columns = [
        protocol.into(),
        receive.to_string(),
        send.to_string(),
        local,
        foreign,
    ];
    Some(Row {
        columns,
        state,
        inode,
    })
}

fn number(digits: &str) -> Option<u128> {
    digits.chars().try_fold(0, |sum, digit| {
        Some(sum * 16 + u128::from(digit.to_digit(16)?))
    })
}

fn end(text: &str) -> Option<String> {
    let (ip, port) = text.split_once(':')?;
    let port = match number(port)? {
        0 => "*".to_string(),
        port => port.to_string(),
    };
    let mut bytes = Vec::new();
    for word in ip.as_bytes().chunks(8) {
        for pair in word.chunks(2).rev() {
            bytes.push(u8::try_from(number(std::str::from_utf8(pair).ok()?)?).ok()?);
        }
    }
    // Only where the kernel's numbers have their first byte last.
    if cfg!(target_endian = "big") {
        bytes.chunks_mut(4).for_each(<[u8]>::reverse);
    }
    Some(match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => format!("{}:{port}", Ipv4Addr::from(four)),
        Err(_) => {
            let sixteen: [u8; 16] = bytes.try_into().ok()?;
            format!("[{}]:{port}", Ipv6Addr::from(sixteen))
        }
    })
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{} ", self.columns.join("\t"), self.state)
    }
}
