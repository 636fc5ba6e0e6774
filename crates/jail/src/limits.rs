//! The resource limits of one student's process.

/// The resource limits of one student's process and what it starts
/// (`man 2 setrlimit`). They bind each process; the totals of a check are
/// bound by the [`Cell`](crate::Cell).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Processes and threads of the jail's user together.
    pub processes: u64,
    /// Bytes of private writable memory of each process (RLIMIT_DATA).
    pub memory: u64,
    /// Seconds of processor time of each process.
    pub cpu: u64,
    /// Bytes of the largest file that may be written.
    pub file_size: u64,
    /// Open descriptors of each process.
    pub open_files: u64,
}

impl Default for Limits {
    /// Enough for every exercise: 1,000 clients with a thread each.
    fn default() -> Self {
        Limits {
            processes: 1200,
            memory: 4 << 30,
            cpu: 30,
            file_size: 1 << 30,
            open_files: 4096,
        }
    }
}
