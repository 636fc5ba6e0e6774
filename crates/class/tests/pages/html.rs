//! What every page must be, whatever is on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use scraper::{ElementRef, Html, Selector};

/// The elements that the templates are made of. One that is not here came from
/// somebody else.
const ELEMENTS: [&str; 47] = [
    "a",
    "b",
    "bdi",
    "body",
    "caption",
    "code",
    "dd",
    "defs",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
    "html",
    "li",
    "line",
    "link",
    "main",
    "meta",
    "nav",
    "p",
    "pattern",
    "pre",
    "rect",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];

/// The attributes that the templates use.
const ATTRIBUTES: [&str; 31] = [
    "aria-current",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "fill",
    "focusable",
    "height",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "patternTransform",
    "patternUnits",
    "preserveAspectRatio",
    "rel",
    "role",
    "scope",
    "tabindex",
    "text-anchor",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// The pages of a folder by their paths, each held against all rules.
pub fn pages(dir: &Path) -> BTreeMap<String, Html> {
    let mut pages = BTreeMap::new();
    for folder in ["", "students/"] {
        for entry in fs::read_dir(dir.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".html") {
                let text = fs::read_to_string(dir.join(folder).join(&name)).unwrap();
                let path = format!("{folder}{name}");
                pages.insert(path.clone(), parse(&path, &text));
            }
        }
    }
    let ids: BTreeMap<&str, BTreeSet<&str>> = pages
        .iter()
        .map(|(path, page)| (path.as_str(), ids(path, page)))
        .collect();
    for (path, page) in &pages {
        for link in select(page, "a") {
            resolves(path, link.attr("href").unwrap(), &ids);
        }
        for place in select(page, "[aria-labelledby]") {
            let id = place.attr("aria-labelledby").unwrap();
            assert!(
                ids[path.as_str()].contains(id),
                "{path}: nothing is called {id}"
            );
        }
    }
    pages
}

/// The elements of a page that a CSS selector finds.
pub fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// The text of the first such element.
pub fn text(page: &Html, selector: &str) -> String {
    let found = select(page, selector);
    let first = found.first().unwrap_or_else(|| panic!("no {selector}"));
    first.text().collect()
}

/// The tags and the attributes' names of a page, without any text and value.
pub fn skeleton(page: &Html) -> Vec<String> {
    let elements = page.tree.nodes().filter_map(ElementRef::wrap);
    elements
        .map(|element| {
            let mut names: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
            names.sort_unstable();
            format!("{} {}", element.value().name(), names.join(" "))
        })
        .collect()
}

fn parse(path: &str, text: &str) -> Html {
    let page = Html::parse_document(text);
    assert!(page.errors.is_empty(), "{path}: {:?}", page.errors);
    assert_eq!(select(&page, "html[lang=en]").len(), 1, "{path}");
    assert_eq!(select(&page, "head title").len(), 1, "{path}");
    assert_eq!(select(&page, "h1").len(), 1, "{path}");
    assert_eq!(select(&page, "main").len(), 1, "{path}");
    for one in ["title", "h1", "h2", "h3", "caption", "a"] {
        for found in select(&page, one) {
            let text: String = found.text().collect();
            assert!(!text.trim().is_empty(), "{path}: an empty <{one}>");
        }
    }
    let first = select(&page, "a, summary, [tabindex]")[0];
    assert_eq!(
        first.attr("href"),
        Some("#main"),
        "{path}: the keyboard's first stop"
    );
    for stop in select(&page, "[tabindex]") {
        assert_eq!(stop.attr("tabindex"), Some("0"), "{path}");
    }
    for table in select(&page, "table") {
        let caption = Selector::parse("caption").unwrap();
        assert!(
            table.select(&caption).next().is_some(),
            "{path}: no caption"
        );
    }
    for head in select(&page, "th") {
        assert!(head.attr("scope").is_some(), "{path}: a <th> without scope");
    }
    for element in page.tree.nodes().filter_map(ElementRef::wrap) {
        let name = element.value().name();
        assert!(ELEMENTS.contains(&name), "{path}: <{name}>");
        for (attribute, value) in element.value().attrs() {
            assert!(
                ATTRIBUTES.contains(&attribute),
                "{path}: <{name} {attribute}={value:?}>"
            );
        }
    }
    page
}

fn ids<'a>(path: &str, page: &'a Html) -> BTreeSet<&'a str> {
    let all = select(page, "[id]");
    let ids: BTreeSet<&str> = all.iter().filter_map(|one| one.attr("id")).collect();
    assert_eq!(ids.len(), all.len(), "{path}: an id twice");
    ids
}

fn resolves(path: &str, link: &str, ids: &BTreeMap<&str, BTreeSet<&str>>) {
    let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = match (file, file.strip_prefix("../")) {
        ("", _) => path,
        (_, Some(file)) if path.starts_with("students/") => file,
        (file, _) => file,
    };
    let found = ids.get(target);
    let found = found.unwrap_or_else(|| panic!("{path} links to {link}, which is not there"));
    let there = fragment.is_empty() || found.contains(fragment);
    assert!(there, "{path} links to {link}, and there is no such place");
}
