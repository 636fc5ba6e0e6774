//! The port that the kernel gives to a socket that connects.

use crate::lab::Lab;

/// The range from which it is taken (`man 7 ip`).
const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

impl Lab {
    /// From here on who connects in this check's cell comes from this port: a
    /// program that prints its own end of a connection then prints the same in
    /// each run. Two connections at a time need two servers. Outside a cell
    /// the kernel chooses as ever.
    pub fn fix_local_port(&self, port: u16) {
        if self.in_cell() {
            // Where it cannot be had, stories differ and verdicts do not.
            let _ = std::fs::write(RANGE, format!("{port} {port}"));
        }
    }
}
