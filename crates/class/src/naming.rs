//! How people name exercises.

/// Whether a name means the exercise of that id: `9`, `09`, `09-echo-iterative` and
/// `echo-iterative` all mean `09-echo-iterative`.
pub fn means(name: &str, id: &str) -> bool {
    let (digits, short) = id.split_once('-').unwrap_or((id, id));
    let number = name.trim_start_matches('0');
    let is_number = !number.is_empty() && number == digits.trim_start_matches('0');
    name == id || name == short || is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_is_named_in_any_of_four_ways() {
        for name in ["9", "09", "09-echo-iterative", "echo-iterative"] {
            assert!(means(name, "09-echo-iterative"), "{name}");
        }
        for name in ["", "0", "19", "echo", "9-echo-iterative"] {
            assert!(!means(name, "09-echo-iterative"), "{name}");
        }
    }
}
