//! Where in an exercise something is to be mended.

use grader::catalogue::Entry;

/// The first of the files that a student writes which stands in `words`, of the compiler
/// or of a story; if none does, all of them.
pub fn named(entry: &Entry, words: &str) -> String {
    among(&entry.id, &entry.data.files, words)
}

fn among(id: &str, files: &[String], words: &str) -> String {
    let named = files
        .iter()
        .filter_map(|file| Some((words.find(file.as_str())?, file)))
        .min();
    match (named, files) {
        (Some((_, file)), _) | (None, [file]) => format!("exercises/{id}/{file}"),
        (None, [others @ .., last]) => {
            format!("{} or {last} in exercises/{id}", others.join(", "))
        }
        (None, []) => format!("exercises/{id}/src"),
    }
}

#[cfg(test)]
mod tests {
    use super::among;

    #[test]
    fn it_is_the_file_that_is_named_first() {
        let files = ["src/message.rs", "src/server.rs"].map(str::to_owned);
        let panic =
            "It panicked at src/server.rs:12:3: no; src/message.rs has nothing to do with it";
        assert_eq!(among("14-x", &files, panic), "exercises/14-x/src/server.rs");
        let error = "error: no\n --> exercises/14-x/src/server.rs:1:1\n";
        assert_eq!(among("14-x", &files, error), "exercises/14-x/src/server.rs");
    }

    #[test]
    fn where_none_is_named_it_may_be_any() {
        let files = ["src/message.rs", "src/server.rs", "src/client.rs"].map(str::to_owned);
        let any = "src/message.rs, src/server.rs or src/client.rs in exercises/14-x";
        assert_eq!(among("14-x", &files, "Read on"), any);
        assert_eq!(
            among("14-x", &files[1..2], ""),
            "exercises/14-x/src/server.rs"
        );
    }
}
