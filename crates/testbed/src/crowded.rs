//! How crowded the machine is. On one where many programs want the processors
//! everything takes longer, and that must change no verdict.

use std::sync::OnceLock;

/// As many programs a processor as are no crowd: what should take milliseconds
/// takes twice as many then.
const FEW: f64 = 2.0;
/// Time never goes slower than this: a program that makes the crowd itself does
/// not live for ever by it.
const LEAST: f64 = 0.1;

/// The share of the machine that one who wants it gets now, from [`LEAST`] to 1:
/// by the number of threads that run or are ready to (fourth field of `man 5
/// proc_loadavg`). It is 1 where the system does not tell.
pub(crate) fn share() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let processors =
        PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, Into::into));
    of(&text, *processors)
}

fn of(loadavg: &str, processors: usize) -> f64 {
    let ready = loadavg
        .split_ascii_whitespace()
        .nth(3)
        .and_then(|field| field.split('/').next()?.parse::<f64>().ok());
    match ready {
        // Who asks is one of them.
        Some(ready) if ready > 1.0 => (FEW * processors as f64 / (ready - 1.0)).clamp(LEAST, 1.0),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_slower_in_a_crowd_and_never_stands_still() {
        assert_eq!(of("0.20 0.30 0.40 1/80 1234", 2), 1.0);
        assert_eq!(of("9.20 0.30 0.40 5/80 1234", 2), 1.0);
        assert_eq!(of("9.20 0.30 0.40 17/80 1234", 2), 0.25);
        assert_eq!(of("9.20 0.30 0.40 900/1000 1234", 2), LEAST);
        assert_eq!(of("", 2), 1.0);
    }
}
