//! What the kernel counts of TCP, for the network namespace as a whole:
//! `/proc/net/snmp` (RFC 4022) and `/proc/net/netstat`. In a cell nobody but
//! the check and its programs is counted.

use std::fs;

/// A counter's value, none where the system does not tell it.
///
/// ```
/// if cfg!(target_os = "linux") {
///     assert!(testbed::counters::tcp("EstabResets").is_some());
/// }
/// assert!(testbed::counters::tcp("NoSuchCounter").is_none());
/// ```
pub fn tcp(name: &str) -> Option<u64> {
    ["/proc/net/snmp", "/proc/net/netstat"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .find_map(|text| find(&text, name))
}

/// Each group is two lines: `Tcp: ActiveOpens …`, then `Tcp: 17 …`.
fn find(text: &str, name: &str) -> Option<u64> {
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks_exact(2).find_map(|pair| {
        let mut names = pair[0].split_ascii_whitespace();
        if !names.next()?.starts_with("Tcp") {
            return None;
        }
        let at = names.position(|each| each == name)?;
        pair[1].split_ascii_whitespace().nth(at + 1)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_found_under_its_name_in_the_groups_of_tcp() {
        let text = "Udp: NoPorts X\nUdp: 1 2\nTcp: A EstabResets C\nTcp: 3 -1 5\nTcpExt: X Y\nTcpExt: 6 7\n";
        assert_eq!(find(text, "C"), Some(5));
        assert_eq!(find(text, "X"), Some(6));
        assert_eq!(find(text, "NoPorts"), None);
    }
}
