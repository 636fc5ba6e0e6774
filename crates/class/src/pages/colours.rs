//! The colours of both themes against WCAG 2.2, level AA: 4.5 : 1 for text
//! (success criterion 1.4.3), 3 : 1 for what a picture says by its parts (1.4.11).
//! <https://www.w3.org/TR/WCAG22/#contrast-minimum>

use std::collections::BTreeMap;

use super::templates::STYLE;

const TEXTS: [(&str, &str); 23] = [
    ("ink", "ground"),
    ("ink", "raised"),
    ("soft", "ground"),
    ("soft", "raised"),
    ("link", "ground"),
    ("link", "raised"),
    ("open-ink", "ground"),
    ("open-ink", "raised"),
    ("good-ink", "good"),
    ("most-ink", "most"),
    ("fair-ink", "fair"),
    ("bad-ink", "bad"),
    ("open-ink", "open"),
    ("none-ink", "none"),
    // What marks something flaky, in a cell of any shade.
    ("bad-ink", "good"),
    ("bad-ink", "most"),
    ("bad-ink", "fair"),
    ("bad-ink", "ground"),
    // A small text beside a tag lies on the page, or on a row under the pointer.
    ("ink", "good"),
    ("ink", "bad"),
    ("ink", "open"),
    ("ink", "fair"),
    ("ink", "none"),
];

const PARTS: [(&str, &str); 4] = [
    ("sure", "ground"),
    ("bar-bad", "ground"),
    ("bar-bad", "bar-none"),
    ("bar-bad", "bar-good"),
];

fn theme(text: &str) -> BTreeMap<&str, [f64; 3]> {
    let parts = text.split("--").skip(1);
    let parts = parts.filter_map(|part| part.split_once(": #"));
    parts
        .map(|(name, rest)| {
            let part = |at: usize| {
                let value = u8::from_str_radix(&rest[at..at + 2], 16).unwrap();
                f64::from(value) / 255.0
            };
            (name, [part(0), part(2), part(4)])
        })
        .collect()
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_and_pictures_can_be_told_from_their_ground_in_both_themes() {
    let (light, rest) = STYLE.split_once("@media").unwrap();
    let dark = rest.split_once("\n}").unwrap().0;
    for (name, theme) in [("light", theme(light)), ("dark", theme(dark))] {
        for (pairs, least) in [(&TEXTS[..], 4.5), (&PARTS[..], 3.0)] {
            for (one, other) in pairs {
                let contrast = contrast(theme[one], theme[other]);
                assert!(
                    contrast >= least,
                    "{name}: {one} on {other} is {contrast:.2} : 1"
                );
            }
        }
    }
}

#[test]
fn black_on_white_is_21_to_1() {
    let contrast = contrast([0.0; 3], [1.0; 3]);
    assert!((contrast - 21.0).abs() < 1e-9);
}
