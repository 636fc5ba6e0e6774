//! Numbers that tell cells apart which exist at the same time.

/// A number that no other worker on this machine holds, whichever run it
/// belongs to: as root, it chooses the user that a program is judged as.
#[derive(Debug)]
pub struct Slot {
    number: u32,
    /// Holding it is holding the number; the kernel gives it back at the end
    /// of this process, however it ends.
    #[cfg(target_os = "linux")]
    _held: Option<std::os::unix::net::UnixDatagram>,
}

/// How many users are set aside for programs.
const SLOTS: u32 = 1000;

impl Slot {
    /// Takes a free number.
    #[cfg(target_os = "linux")]
    pub fn take() -> Slot {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::{SocketAddr, UnixDatagram};

        // An abstract address: bound by one process at a time, and no file.
        for number in 0..SLOTS {
            let held = SocketAddr::from_abstract_name(format!("socket-lab-slot-{number}"))
                .and_then(|address| UnixDatagram::bind_addr(&address));
            if let Ok(held) = held {
                return Slot {
                    number,
                    _held: Some(held),
                };
            }
        }
        Slot {
            number: std::process::id() % SLOTS,
            _held: None,
        }
    }

    /// Takes a number; where there are no cells, one is as good as another.
    #[cfg(not(target_os = "linux"))]
    pub fn take() -> Slot {
        Slot {
            number: std::process::id() % SLOTS,
        }
    }

    /// The number.
    pub fn number(&self) -> u32 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn two_slots_that_are_held_differ() {
        let (one, other) = (Slot::take(), Slot::take());
        assert_ne!(one.number(), other.number());
    }
}
