//! How crowded the machine is: on a loaded one everything takes longer, and
//! that must change no verdict.

/// The most by which a deadline is stretched: a program that makes the crowd
/// itself does not live for ever by it.
const MOST: f64 = 4.0;

/// The factor by which a deadline is to be stretched now: how many processes
/// want each processor (`man 5 proc_loadavg`), at least 1. It is 1 where the
/// system does not tell.
pub fn factor() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, Into::into);
    of(&text, processors)
}

fn of(loadavg: &str, processors: usize) -> f64 {
    let wanted = loadavg
        .split_ascii_whitespace()
        .next()
        .and_then(|word| word.parse::<f64>().ok());
    (wanted.unwrap_or(0.0) / processors as f64).clamp(1.0, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_shortened_and_never_stretched_without_end() {
        assert_eq!(of("0.20 0.30 0.40 1/80 1234", 2), 1.0);
        assert_eq!(of("6.00 0.30 0.40 1/80 1234", 2), 3.0);
        assert_eq!(of("900.00 0.30 0.40 1/80 1234", 2), MOST);
        assert_eq!(of("", 2), 1.0);
    }
}
