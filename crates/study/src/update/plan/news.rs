//! What is new in which exercise.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::update::course::Exercise;
use crate::update::summary::News;
use crate::update::version::Version;

/// The exercises in which something is new, in the order of the new version.
///
/// # Errors
///
/// A file cannot be read.
pub fn of(old: &Version, new: &Version) -> Result<Vec<News>> {
    let mut all = Vec::new();
    for after in &new.course.exercises {
        let news = match old.course.get(&after.key) {
            Some(before) => between(old, before, new, after)?,
            None => News {
                id: after.id.clone(),
                fresh: true,
                ..News::default()
            },
        };
        all.push(news);
    }
    let gone = old.course.exercises.iter();
    let gone = gone.filter(|before| new.course.get(&before.key).is_none());
    all.extend(gone.map(|before| News {
        id: before.id.clone(),
        gone: true,
        ..News::default()
    }));
    all.retain(News::any);
    Ok(all)
}

fn between(old: &Version, before: &Exercise, new: &Version, after: &Exercise) -> Result<News> {
    let mut news = News {
        id: after.id.clone(),
        was: (before.id != after.id).then(|| before.id.clone()),
        ..News::default()
    };
    let lacks = |names: &[String], name: &&String| !names.contains(name);
    let (here, there) = (&before.checks, &after.checks);
    news.new_checks = there
        .iter()
        .filter(|name| lacks(here, name))
        .cloned()
        .collect();
    news.gone_checks = here
        .iter()
        .filter(|name| lacks(there, name))
        .cloned()
        .collect();
    news.checks = !news.new_checks.is_empty() || !news.gone_checks.is_empty();
    // Nothing but the skeletons is known of it: what is new cannot be told.
    if old.partial {
        news.skeleton = differ(old, before, new, after, &before.files)?;
        return Ok(news);
    }
    let inside = inside(old, before).chain(inside(new, after));
    for file in inside.collect::<BTreeSet<_>>() {
        let what = match file.split('/').next() {
            _ if after.files.iter().any(|own| own == file) => &mut news.skeleton,
            Some("README.md") => &mut news.handout,
            Some("tests") => &mut news.checks,
            Some("src") => &mut news.given,
            _ => continue,
        };
        *what = *what || !old.agrees(&before.place(file), new, &after.place(file))?;
    }
    Ok(news)
}

fn differ(
    old: &Version,
    before: &Exercise,
    new: &Version,
    after: &Exercise,
    files: &[String],
) -> Result<bool> {
    for file in files {
        if !old.agrees(&before.place(file), new, &after.place(file))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The files of an exercise, from its folder on.
fn inside<'a>(version: &'a Version, exercise: &Exercise) -> impl Iterator<Item = &'a str> {
    let folder = exercise.place("");
    version
        .paths()
        .filter_map(move |path| path.strip_prefix(folder.as_str()))
}
