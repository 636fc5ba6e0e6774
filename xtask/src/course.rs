//! Grades, pages and other systems' formats: what is made of the verdicts of a class.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use class::formats::moodle::Key;
use class::formats::{LeftOut, annotations, classroom50, csv, escape, gradescope, junit, moodle};
use class::grades::{Class, what_if};
use class::pages::{self, Texts};
use class::policy::Policy;
use class::roster::Roster;
use grader::catalogue::{Catalogue, Entry};
use grader::report::{Head, write_atomically};
use grader::spool::Spool;

use crate::cli::{Deliver, Format, MoodleKey};
use crate::instructor::is_of_a_class;
use crate::output::Output;
use crate::setup::Usage;

/// Who is in the class and what counts, read before anything is judged: what is
/// wrong with it is said at once.
pub struct Course {
    roster: Option<Roster>,
    /// What counts.
    pub policy: Policy,
    other: Option<Policy>,
    texts: Texts,
    files: annotations::Files,
}

impl Course {
    /// Who is in the class and what counts, where that was asked for.
    ///
    /// # Errors
    ///
    /// As [`Course::read`].
    pub fn asked(catalogue: &Catalogue, asked: &Deliver) -> Result<Option<Course>> {
        match is_of_a_class(asked) {
            true => Course::read(catalogue, asked).map(Some),
            false => Ok(None),
        }
    }

    /// How often its policy has a check judged again that failed.
    pub fn repeats(&self) -> u32 {
        self.policy.repeat
    }

    /// Reads what was named.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or says what makes no sense.
    pub fn read(catalogue: &Catalogue, asked: &Deliver) -> Result<Course> {
        let ids: Vec<&str> = catalogue
            .entries
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        let roster = match &asked.roster {
            None => None,
            Some(path) => {
                let roster = Roster::parse(&read(path)?).map_err(|error| wrong(path, &error))?;
                roster.check(&ids).map_err(|error| wrong(path, &error))?;
                for column in &roster.skipped {
                    let column = escape::line(column);
                    anstream::eprintln!("{}: the column {column} is not used", path.display());
                }
                Some(roster)
            }
        };
        let policy = |path: Option<&Path>| -> Result<Option<Policy>> {
            let Some(path) = path else {
                return Ok(None);
            };
            let text = String::from_utf8(read(path)?).map_err(|error| wrong(path, &error))?;
            let policy = Policy::parse(&text, &ids).map_err(|error| wrong(path, &error))?;
            if let Some(roster) = &roster {
                policy
                    .accepts(roster)
                    .map_err(|error| wrong(path, &error))?;
            }
            Ok(Some(policy))
        };
        let (first, other) = (
            policy(asked.policy.as_deref())?,
            policy(asked.what_if.as_deref())?,
        );
        if let (Some(roster), Some(path)) = (&roster, &asked.roster) {
            let policies: Vec<&Policy> = first.iter().chain(&other).collect();
            tell_clocks(path, roster, &policies);
        }
        let files = |one: &Entry| (one.id.clone(), one.data.files.clone());
        Ok(Course {
            policy: first.unwrap_or_default(),
            other,
            texts: Texts::of(catalogue)?,
            files: catalogue.entries.iter().map(files).collect(),
            roster,
        })
    }

    /// Whether so many submissions can be told of as asked: this is known before anything
    /// is judged.
    ///
    /// # Errors
    ///
    /// The format is one for a single submission, and there are several.
    pub fn takes(&self, submissions: usize, asked: &Deliver) -> Result<()> {
        if submissions == 1 {
            return Ok(());
        }
        match (&asked.out, asked.format) {
            (_, Format::Classroom50) => bail!(Usage(
                "classroom50 is the result of one submission; this is a class".into()
            )),
            (None, Format::Gradescope) => bail!(Usage(
                "gradescope is a file a student: name a folder with --out".into()
            )),
            _ => Ok(()),
        }
    }

    /// Makes everything that was asked for. A part of a class says nothing of who is not
    /// in it.
    ///
    /// # Errors
    ///
    /// It cannot be written, or the format is one for a single submission.
    pub fn deliver(
        &self,
        head: &Head,
        results: &Spool,
        asked: &Deliver,
        is_part: bool,
    ) -> Result<()> {
        self.takes(results.len(), asked)?;
        let mut class = Class::new(head, results, &self.policy, self.roster.as_ref())?;
        if is_part {
            class = class.part();
        }
        self.tell_mismatches(&class);
        if let Some(folder) = &asked.html {
            let index = pages::write(folder, &class, &self.texts)?;
            anstream::eprintln!("written: {}", index.display());
        }
        if let Some(other) = &self.other {
            let roster = self.roster.as_ref();
            let changes = what_if(head, results, roster, &self.policy, other)?;
            let mut output = Output::new();
            for change in &changes {
                output.line(change)?;
            }
            let (some, all) = (changes.len(), results.len());
            output.line(format!("{some} of {all} grades would change"))?;
            output.finish()?;
        }
        if matches!(asked.format, Format::Text | Format::Json) {
            return Ok(());
        }
        let mut left_out = Vec::new();
        self.write(&class, asked, &mut left_out)?;
        for LeftOut { who, why } in &left_out {
            anstream::eprintln!("left out: {who}: {why}");
        }
        Ok(())
    }

    fn write(&self, class: &Class<'_>, asked: &Deliver, left_out: &mut Vec<LeftOut>) -> Result<()> {
        let several = class.names.len() != 1;
        match (&asked.out, asked.format) {
            (Some(folder), Format::Gradescope) if several => {
                for file in gradescope::files(class) {
                    match file? {
                        Ok(file) => put_below(folder, &file.name, &file.bytes)?,
                        Err(left) => left_out.push(left),
                    }
                }
                Ok(())
            }
            (Some(path), _) => put(path, |to| self.fill(class, asked, to, left_out)),
            (None, _) => {
                let mut output = Output::new();
                self.fill(class, asked, &mut output.raw(), left_out)?;
                output.finish()
            }
        }
    }

    fn fill(
        &self,
        class: &Class<'_>,
        asked: &Deliver,
        to: &mut dyn Write,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<()> {
        match asked.format {
            Format::Text | Format::Json => {}
            Format::Csv => csv::write(class, to)?,
            Format::Junit => junit::write(class, to)?,
            Format::Github => annotations::write(class, &self.files, to)?,
            Format::Moodle => {
                let key = match asked.moodle_key {
                    MoodleKey::Id => Key::IdNumber,
                    MoodleKey::Email => Key::Email,
                };
                left_out.extend(moodle::write(class, key, &asked.assignment, to)?);
            }
            Format::Gradescope | Format::Classroom50 => {
                let Some(entry) = class.each().next() else {
                    bail!(Usage("there is no submission".into()));
                };
                let entry = entry?;
                let made = if asked.format == Format::Gradescope {
                    gradescope::results(class, &entry)
                } else {
                    let variable = |name: &str| env::var(name).ok();
                    let now = jiff::Timestamp::now();
                    let context =
                        classroom50::Context::from_environment(variable, now).map_err(Usage)?;
                    classroom50::result(class, &entry, &context)
                };
                match made {
                    Ok(bytes) => to.write_all(&bytes)?,
                    Err(LeftOut { who, why }) => bail!("{who}: {why}"),
                }
            }
        }
        Ok(())
    }

    /// Who is in the roster and handed in nothing, and the other way round.
    fn tell_mismatches(&self, class: &Class<'_>) {
        if self.roster.is_none() {
            return;
        }
        if class.is_part {
            anstream::eprintln!("who handed in nothing is told when all parts are merged");
        }
        for student in class.without_grade() {
            let (id, name) = (escape::line(&student.id), escape::line(&student.name));
            anstream::eprintln!("no submission: {id} {name}");
        }
        for &number in &class.matched.without_student {
            let name = escape::line(&class.names[number]);
            anstream::eprintln!("not in the roster: {name}");
        }
        for several in &class.matched.ambiguous {
            let names = several.submissions.iter();
            let names: Vec<String> = names.map(|&at| escape::line(&class.names[at])).collect();
            anstream::eprintln!("whose it is cannot be told: {}", names.join(", "));
        }
    }
}

/// What becomes of the times in a roster: that they change nothing, or on whose clocks
/// they are read.
fn tell_clocks(path: &Path, roster: &Roster, policies: &[&Policy]) {
    let path = path.display();
    let dated = policies.iter().filter(|policy| policy.has_deadlines());
    let mut dated = dated.peekable();
    if roster.has_times() && dated.peek().is_none() {
        anstream::eprintln!(
            "{path}: extension and submitted change no grade: there is no deadline (--policy)"
        );
    }
    let mut told: Vec<String> = Vec::new();
    for zone in dated.filter_map(|policy| policy.zone.as_ref()) {
        let zone = zone
            .iana_name()
            .unwrap_or("the policy's time-zone")
            .to_owned();
        if roster.has_local_times() && !told.contains(&zone) {
            anstream::eprintln!("{path}: times without an offset are those of {zone}");
            told.push(zone);
        }
    }
}

fn put_below(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    put(&path, |to| Ok(to.write_all(bytes)?))
}

fn put(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    write_atomically(path, fill).with_context(|| format!("write {}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error: io::Error| wrong(path, &error))
}

fn wrong(path: &Path, why: &dyn std::fmt::Display) -> anyhow::Error {
    Usage(format!("{}: {why}", path.display())).into()
}
