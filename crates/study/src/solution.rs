//! The solution of an exercise, and how one's own program differs from it.

use std::fs;
use std::io;

use anyhow::{Context, Result};
use grader::catalogue::Entry;
use grader::skeleton::without_marks;

/// One file of a solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the exercise's folder, e.g. `src/server.rs`.
    pub name: String,
    /// Its text, without the marks that the skeleton is made by.
    pub text: String,
}

/// The files of an exercise's solution.
///
/// # Errors
///
/// One cannot be read: the students' package has none.
pub fn of(entry: &Entry) -> Result<Vec<File>> {
    let folder = entry.solution();
    let files = entry.data.files.iter().map(|name| {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        Ok(File {
            name: name.clone(),
            text: without_marks(&text),
        })
    });
    files.collect()
}

/// The differences from one's own files to the solution, in unified form; empty
/// where there are none.
///
/// # Errors
///
/// A file cannot be read, or is no text. One of one's own that is not there is empty.
pub fn diff(entry: &Entry) -> Result<String> {
    let mut all = String::new();
    for File { name, text } in of(entry)? {
        let path = entry.folder.join(&name);
        let own = match fs::read(&path) {
            Ok(bytes) => String::from_utf8(bytes)
                .ok()
                .with_context(|| format!("{} is not UTF-8 text", path.display()))?
                .replace("\r\n", "\n"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        if own == text {
            continue;
        }
        let id = &entry.id;
        let patch = diffy::create_patch(&own, &text).to_string();
        // Its own head names no file.
        let hunks = patch.split_once("@@").map_or("", |(_, hunks)| hunks);
        all.push_str(&format!(
            "--- exercises/{id}/{name}\n+++ solutions/{id}/{name}\n@@{hunks}"
        ));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use small_lab::Lab;

    use super::*;
    use crate::testing::catalogue_of;

    #[test]
    fn a_solution_is_shown_without_the_marks() {
        let lab = Lab::new();
        let files = of(&catalogue_of(&lab).entries[0]).unwrap();
        assert_eq!(files[0].name, "src/main.rs");
        assert_eq!(
            files[0].text,
            "fn main() {\n    println!(\"zero one beyond\");\n}\n"
        );
    }

    #[test]
    fn the_difference_is_from_ones_own_to_the_solution() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let entry = &catalogue.entries[0];
        assert_eq!(
            diff(entry).unwrap(),
            "--- exercises/01-one/src/main.rs\n+++ solutions/01-one/src/main.rs\n@@ -1,3 +1,3 @@\n \
             fn main() {\n-    todo!(\"say so\")\n+    println!(\"zero one beyond\");\n }\n"
        );
        let file = "exercises/01-one/src/main.rs";
        lab.write(
            file,
            "fn main() {\r\n    println!(\"zero one beyond\");\r\n}\r\n",
        );
        assert_eq!(diff(entry).unwrap(), "");
        fs::remove_file(lab.path(file)).unwrap();
        assert!(diff(entry).unwrap().contains("\n+fn main() {\n"));
        fs::write(lab.path(file), b"\xff").unwrap();
        assert!(
            diff(entry)
                .unwrap_err()
                .to_string()
                .contains("is not UTF-8")
        );
    }
}
