//! What an exercise is called by, and which of them was meant.

/// The package of an exercise.
pub(super) fn package(id: &str) -> String {
    format!("ex{id}")
}

/// The number that its folder begins with.
pub(super) fn number(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// Its name without the number.
pub(super) fn short(id: &str) -> &str {
    id.split_once('-').map_or(id, |(_, name)| name)
}

/// What was typed, without what a shell's completion puts around a name.
pub(super) fn shortened(asked: &str) -> &str {
    asked.trim_end_matches('/').trim_start_matches("exercises/")
}

/// Whether it is meant by what was typed: its folder, name, package or number.
pub(super) fn answers_to(id: &str, asked: &str) -> bool {
    let digits = asked.trim_start_matches('0');
    asked == id
        || asked == short(id)
        || asked == package(id)
        || (!digits.is_empty() && digits == number(id).trim_start_matches('0'))
}
