//! Where the page of a student is, whatever the student is called.

use std::collections::HashSet;

use hmac_sha256::Hash as Sha256;

/// The folder of students' pages, relative to `index.html`.
pub const STUDENTS: &str = "students";

/// How much of a name stays readable, in characters.
const SLUG: usize = 40;

/// The pages that were given out.
#[derive(Debug, Default)]
pub struct Names {
    pages: HashSet<String>,
}

impl Names {
    /// A path of its own, e.g. `students/ada-lovelace-1f0c2b9a6d.html`: the same
    /// for the same name in every run. Lower case, so that two names that differ
    /// in case are two files everywhere.
    pub fn page_of(&mut self, name: &str) -> String {
        let mut again = 0;
        loop {
            let page = path(name, again);
            if self.pages.insert(page.clone()) {
                return page;
            }
            again += 1;
        }
    }

    /// Whether a path was given out.
    pub fn holds(&self, page: &str) -> bool {
        self.pages.contains(page)
    }
}

fn path(name: &str, again: u32) -> String {
    let mut digest = Sha256::new();
    digest.update(name);
    if again > 0 {
        digest.update([0]);
        digest.update(again.to_be_bytes());
    }
    let digest = digest.finalize();
    let short: String = digest[..5].iter().map(|b| format!("{b:02x}")).collect();
    let slug = slug(name);
    let slug = if slug.is_empty() { "student" } else { &slug };
    format!("{STUDENTS}/{slug}-{short}.html")
}

/// The letters and digits of ASCII, in lower case, all else a single dash.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(4 * SLUG) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == SLUG {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Whether a file's name is one that [`Names`] could have given out.
pub fn is_page(file: &str) -> bool {
    let Some((slug, short)) = file
        .strip_suffix(".html")
        .and_then(|stem| stem.rsplit_once('-'))
    else {
        return false;
    };
    let of = |text: &str, allowed: fn(&u8) -> bool| text.bytes().all(|byte| allowed(&byte));
    short.len() == 10
        && of(short, u8::is_ascii_hexdigit)
        && !slug.is_empty()
        && of(slug, |byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// The place of an exercise in a page.
pub fn anchor(exercise: &str) -> String {
    format!("ex-{}", slug(exercise))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_stays_the_same() {
        let path = "students/ada-lovelace-7674021617.html";
        assert_eq!(Names::default().page_of("Ada Lovelace"), path);
    }

    #[test]
    fn two_students_never_share_a_page() {
        let mut names = Names::default();
        let all = ["ada", "Ada", "ada ", "ada", "ada", "", "\u{202e}", ".."];
        let pages: HashSet<String> = all.iter().map(|name| names.page_of(name)).collect();
        assert_eq!(pages.len(), all.len());
        assert!(pages.iter().all(|page| names.holds(page)));
    }

    proptest! {
        #[test]
        fn a_path_is_safe_everywhere(name in any::<String>()) {
            let page = Names::default().page_of(&name);
            let file = page.strip_prefix("students/").unwrap();
            prop_assert!(is_page(file), "{}", file);
            prop_assert!(file.len() <= 60);
        }
    }
}
