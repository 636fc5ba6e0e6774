//! What a stranger's text may hold that a reader's terminal must not get.

/// Whether a character turns the direction of what follows, so that it reads as
/// something else.
///
/// ```
/// assert!(exercise::text::turns('\u{202e}'));
/// assert!(!exercise::text::turns('é'));
/// ```
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
