//! Attacks by a program that is compiled.

use crate::alone;
use crate::class::{Class, ITERATIVE};
use crate::results::{Report, graded};

/// Reading what a student may not read, by every way that a compiler, an
/// assembler or a linker opens files.
const READERS: &[(&str, &str)] = &[
    ("includes-a-solution", "couldn't read"),
    ("includes-secrets", "couldn't read"),
    ("is-a-solution-elsewhere", "couldn't read"),
    ("assembles-a-solution", "Could not find incbin file"),
    ("links-a-solution", "unable to find library"),
    ("reads-the-labs-variables", "`LAB_SEED` not defined"),
    ("asks-for-more", "error"),
];

/// Taking too much of something; each ends by itself or is ended.
const HOARDERS: &[(&str, &str)] = &[
    ("reads-without-end", "couldn't read `/dev/zero`"),
    ("waits-without-end", "couldn't read"),
    ("grows-without-end", "error"),
    ("makes-a-large-program", "the compiler was ended"),
    ("complains-without-end", "more bytes are not shown"),
    ("paints-the-screen-early", "owned"),
];

/// As many refusals as there are files: a single one that was read would not
/// be told of.
pub fn assert_nothing_was_read(report: &Report) {
    for (name, files) in [("includes-a-solution", 7), ("includes-secrets", 7)] {
        let result = report.of(name);
        result.does_not_build();
        let refused = result.message().matches("couldn't read").count();
        result.assert(refused == files, &format!("read {} files", files - refused));
    }
}

#[test]
fn nothing_is_to_be_read_while_compiling() {
    let _alone = alone();
    let mut class = Class::new();
    for (name, _) in READERS.iter().chain(HOARDERS) {
        class.building(name);
    }
    class.honest(ITERATIVE);
    let report = graded(&class, 1.0, &["--only", "09"]);
    for (name, says) in READERS.iter().chain(HOARDERS) {
        report.of(name).does_not_build().says(says);
    }
    assert_nothing_was_read(&report);
    for result in report.all() {
        let message = result.message();
        result.assert(message.len() < 80 << 10, "says more than anybody reads");
        let control = |c: char| c.is_control() && c != '\n' && c != '\t';
        result.assert(!message.contains(control), "holds control characters");
    }
    report.assert_the_honest_are_untouched();
}

/// With a tenth of the usual time: 6 s for a compiler, 12 s of a processor.
#[test]
fn what_has_no_end_is_ended() {
    let _alone = alone();
    let mut class = Class::new();
    class.building("evaluates-without-end");
    class.building("expands-without-end");
    let report = graded(&class, 0.1, &["--only", "09"]);
    let evaluates = report.of("evaluates-without-end");
    evaluates.does_not_build();
    evaluates.says("the compiler was stopped after 60 s");
    // Its memory may end before its time.
    let expands = report.of("expands-without-end");
    expands.does_not_build().says("the compiler was ");

    let mut behind = Class::new();
    behind.honest(ITERATIVE);
    graded(&behind, 1.0, &["--only", "09"]).assert_the_honest_are_untouched();
}
