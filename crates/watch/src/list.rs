//! The map of the course, as lines of text.

use anyhow::Result;
use grader::catalogue::{Catalogue, Entry};
use study::Progress;
use study::map::Map;

/// The parts and their exercises; the one that is shown is marked.
///
/// # Errors
///
/// As [`Map::of`].
pub fn lines(catalogue: &Catalogue, progress: &Progress, shown: &Entry) -> Result<Vec<String>> {
    let map = Map::of(catalogue, progress)?;
    let width = catalogue.entries.iter().map(|one| one.id.len()).max();
    let mut lines = Vec::new();
    for part in &map.parts {
        if part.places.is_empty() {
            continue;
        }
        lines.push(format!("{}. {}", part.number, part.title));
        for place in &part.places {
            let mark = if place.entry.id == shown.id { '>' } else { ' ' };
            let score = place.last.as_ref().map_or(String::new(), |last| {
                format!("{}/{}", last.score, last.max_score)
            });
            let line = format!(
                "{mark} {:width$}  {:7}  {}",
                place.entry.id,
                score,
                place.state.word(),
                width = width.unwrap_or(0)
            );
            lines.push(line.trim_end().to_owned());
        }
    }
    Ok(lines)
}
