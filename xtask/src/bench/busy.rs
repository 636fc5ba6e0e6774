//! Whether the machine has something else to do.

use std::fs;
use std::thread;

/// What to say of figures in seconds when the machine was busy before the bench began.
pub fn warning() -> Option<String> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    // Where there is no such file, nothing is known.
    let load = load(&fs::read_to_string("/proc/loadavg").ok()?)?;
    (load > processors as f64 / 2.0).then(|| {
        format!(
            "The machine is busy: {load:.1} processes want its {processors} processors. What is given in \
             seconds is too long; ratios of things measured in turns are not."
        )
    })
}

/// How many processes were running or ready to, on average over the last minute (`man 5
/// proc_loadavg`).
fn load(text: &str) -> Option<f64> {
    text.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_load_is_the_first_number() {
        assert_eq!(super::load("12.60 12.95 16.37 3/512 99\n"), Some(12.6));
        assert_eq!(super::load(""), None);
    }
}
