//! What students send to whoever looks at their results.

use grader::report::{Status, SubmissionResult, Verdict};
use proptest::prelude::*;

use class::policy::Show;

use crate::class::{check, pages, without};
use crate::html::{self, select, text};

/// Names, programs' output and compilers' messages that want to be more.
pub const HOSTILE: [&str; 16] = [
    "<script>document.title='owned'</script>",
    "</title></style></pre></textarea><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' autofocus onfocus=alert(1) x='",
    "javascript:alert(1)",
    "<a href=\"https://evil.example/\">click</a>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
    "{{ 7*7 }}{% include 'index.html' %}",
    "]]><!-- -->--!><![CDATA[",
    "&lt;b&gt; &amp;#60;script&#62; &#x3c;",
    "\u{1b}[2J\u{1b}]0;owned\u{7}red",
    "nul\0 return\rfeed\u{c} delete\u{7f}",
    "ada\u{202e}lmth.exe\u{2066}\u{2028}",
    "../../index.html",
    "=cmd|' /C calc'!A0 ::error::no",
    "\u{feff}\u{fffe}\u{fdd0}\u{10ffff}",
];

/// A student who has it everywhere.
pub fn student(hostile: &str) -> SubmissionResult {
    let long = format!("error: {hostile}\nerror: {hostile}\n");
    let mut judged = without("09-echo-iterative", Status::Graded, "");
    judged.message = None;
    judged.checks = vec![
        check(
            "echoes_a_line",
            Verdict::Failed,
            &format!("What happened instead\n  {hostile}"),
        ),
        check("second_client_waits", Verdict::NotRun, hostile),
        check("goes_beyond", Verdict::Ungraded, hostile),
    ];
    SubmissionResult::new(
        hostile.to_owned(),
        vec![
            without("08-echo-client", Status::BuildFailed, &long),
            judged,
            without("10-echo-forking", Status::Refused, hostile),
            without("11-line-server", Status::Ungraded, hostile),
        ],
    )
}

/// The pages of one student, without all text.
fn skeletons(text: &str, shown: Show) -> Vec<Vec<String>> {
    let dir = pages(vec![student(text)], shown);
    // `html::pages` knows every element and every attribute that is ours, and
    // that every address is a page or a place in one.
    let pages = html::pages(dir.path());
    assert_eq!(pages.len(), 3);
    pages.values().map(html::skeleton).collect()
}

#[test]
fn no_tag_attribute_or_address_of_a_student_survives() {
    for shown in [Show::Full, Show::Verdicts, Show::Score] {
        let harmless = skeletons("ada", shown);
        for hostile in HOSTILE {
            assert_eq!(skeletons(hostile, shown), harmless, "{hostile:?}");
        }
    }
}

#[test]
fn what_a_student_sends_is_read_as_text() {
    let tag = HOSTILE[0];
    let dir = pages(vec![student(tag)], Show::Full);
    let pages = html::pages(dir.path());
    let student = pages.iter().find(|(path, _)| path.starts_with("students/"));
    let student = student.unwrap().1;
    assert_eq!(text(student, "h1"), tag);
    assert!(text(student, "title").starts_with(tag));
    assert!(text(student, ".story pre").contains(tag));
    assert_eq!(text(&pages["index.html"], ".students tbody th"), tag);
    assert!(text(&pages["index.html"], "#unbuilt ~ .scroll .said").contains(tag));
}

#[test]
fn what_hides_can_be_seen() {
    let dir = pages(vec![student("a\u{202e}b\u{1b}[31mc")], Show::Full);
    let index = &html::pages(dir.path())["index.html"];
    assert_eq!(text(index, ".students tbody th"), "a⟨U+202E⟩b␛[31mc");
}

#[test]
fn no_page_can_run_or_fetch_anything() {
    let dir = pages(vec![student("ada")], Show::Full);
    for page in html::pages(dir.path()).values() {
        let policy = select(page, "meta[http-equiv=Content-Security-Policy]");
        let policy = policy[0].attr("content").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
        assert!(!text(page, "style").contains("url("));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_text_leaves_a_page_as_it_is(text in "[^\\n]{0,32}") {
        let text = format!("x{text}");
        prop_assert_eq!(skeletons(&text, Show::Full), skeletons("ada", Show::Full));
    }
}
