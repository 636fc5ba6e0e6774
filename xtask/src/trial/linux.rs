//! What only Linux has: the right to low ports, taken away in a cell.

use nix::libc;

/// `CAP_NET_BIND_SERVICE` (`man 7 capabilities`).
const LOW_PORTS: libc::c_ulong = 10;

/// Whoever makes a cell is root in it, and no program that starts from here on has
/// root's right to ports below 1024: a student's machine refuses them too.
pub fn refuse_low_ports() {
    // SAFETY: takes integers. Without the right to do it there is none to take away.
    unsafe { libc::prctl(libc::PR_CAPBSET_DROP, LOW_PORTS, 0, 0, 0) };
}
