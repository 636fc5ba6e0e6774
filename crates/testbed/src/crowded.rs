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
/// proc_loadavg`). Of these, `own` tells, where there is a crowd, how many the
/// programs under judgement are themselves: they delay nobody else. It is 1
/// where the system does not tell.
pub(crate) fn share(own: impl FnOnce() -> usize) -> f64 {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let processors =
        PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, Into::into));
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    match ready(&text) {
        Some(ready) if of(ready, *processors) < 1.0 => of(ready.saturating_sub(own()), *processors),
        _ => 1.0,
    }
}

fn ready(loadavg: &str) -> Option<usize> {
    let field = loadavg.split_ascii_whitespace().nth(3)?;
    field.split('/').next()?.parse().ok()
}

fn of(ready: usize, processors: usize) -> f64 {
    // Who asks is one of them.
    let others = ready.saturating_sub(1).max(1);
    (FEW * processors as f64 / others as f64).clamp(LEAST, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_slower_in_a_crowd_and_never_stands_still() {
        assert_eq!(ready("0.20 0.30 0.40 17/80 1234"), Some(17));
        assert_eq!(ready(""), None);
        assert_eq!(of(0, 2), 1.0);
        assert_eq!(of(5, 2), 1.0);
        assert_eq!(of(17, 2), 0.25);
        assert_eq!(of(900, 2), LEAST);
    }
}
