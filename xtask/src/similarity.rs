//! `cargo xtask similarity`: submissions in the form that tools take which find
//! what is alike.
//!
//! Each exercise is compared by itself; its skeleton is what all have in common.
//!
//! - JPlag (<https://github.com/jplag/JPlag/blob/main/docs/1.-How-to-Use-JPlag.md>)
//!   takes a folder with a folder a submission, and the common code as a folder.
//! - Dolos (<https://dolos.ugent.be/docs/adding-metadata>,
//!   <https://dolos.ugent.be/docs/running>) compares files, and takes one file of
//!   common code, which `info.csv` marks as `ignored`: all files of a submission
//!   become one.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::skeleton::Skeleton;
use grader::submission::{Intake, Submission, tell_apart};
use grader::work::Work;

use crate::cli::{Similarity, Tool};
use crate::new_folder::NewFolder;
use crate::output::Output;
use crate::setup::{self, Usage};
use crate::submissions;

/// Writes them, and says what to run next.
pub fn run(catalogue: &Catalogue, asked: &Similarity) -> Result<ExitCode> {
    let entries = setup::exercises(catalogue, &asked.only)?;
    // It holds what others have written: nobody else may look into it. What a killed run
    // left there is gone with the next.
    let unpacked = Work::private().context("a folder for archives")?;
    let mut submissions = submissions::at(catalogue, &asked.path, unpacked.path())?;
    tell_apart(&mut submissions);
    let names = safe_names(submissions.iter().map(|one| one.name.as_str()));

    let folder = NewFolder::at(&asked.out)?;
    let mut output = Output::new();
    let mut told = BTreeSet::new();
    let mut compared = 0;
    for &entry in &entries {
        let mut export = Export::new(entry, asked.tool);
        for (submission, name) in submissions.iter().zip(&names) {
            match take(submission, entry) {
                Intake::Taken(files) => export.add(&folder, &submission.name, name, files)?,
                Intake::Missing(_) => {}
                Intake::Refused(why) => {
                    // A submission that is refused as a whole is told of once.
                    let line = format!("left out: {}: {why}", submission.name);
                    if told.insert(line.clone()) {
                        output.line(line)?;
                    }
                }
            }
        }
        match export.count {
            0 => continue,
            1 => output.line(format!("{}: from 1 alone, left out", entry.id))?,
            more => {
                output.line(format!("{}: from {more}", entry.id))?;
                export.finish(&folder)?;
                compared += 1;
            }
        }
    }
    if compared == 0 {
        bail!(Usage(
            "nothing to compare: no exercise was handed in twice".into()
        ));
    }
    // What others have written is nobody else's to read.
    folder.finish(0o700)?;
    let out = asked.out.display();
    output.line(format!("written: {out}"))?;
    output.line(format!("next: cd {out}, then"))?;
    output.line(asked.tool.command())?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

impl Tool {
    /// What is to be typed in the folder that was written; the folders in it
    /// are named as exercises, so nothing has to be quoted.
    fn command(self) -> &'static str {
        match self {
            Tool::Jplag => {
                "  for one in [0-9]*; do java -jar jplag.jar --mode run --language rust \
                 --base-code $one/base --result-file $one/report $one/submissions; done"
            }
            Tool::Dolos => {
                "  for one in [0-9]*; do (cd $one && dolos run --language rust \
                 --output-format csv info.csv); done"
            }
        }
    }
}

/// What was handed in; a submission that cannot be read is left out, and the
/// others go on.
fn take(submission: &Submission, entry: &Entry) -> Intake {
    submission
        .take(entry)
        .unwrap_or_else(|error| Intake::Refused(format!("{}: {error}", submission.name)))
}

/// One exercise of all of them.
struct Export<'a> {
    entry: &'a Entry,
    tool: Tool,
    count: usize,
    /// Written when there is another one to compare it with.
    first: Option<(String, BTreeMap<String, String>)>,
    info: String,
}

impl<'a> Export<'a> {
    fn new(entry: &'a Entry, tool: Tool) -> Export<'a> {
        Export {
            entry,
            tool,
            count: 0,
            first: None,
            info: "filename,full_name,ignored\nbase.rs,,true\n".into(),
        }
    }

    fn add(
        &mut self,
        folder: &NewFolder,
        name: &str,
        safe: &str,
        files: BTreeMap<String, String>,
    ) -> Result<()> {
        self.count += 1;
        let place = format!("submissions/{safe}");
        self.info.push_str(&format!("{place}.rs,{},\n", cell(name)));
        if self.count == 1 {
            self.first = Some((place, files));
            return Ok(());
        }
        if let Some((place, files)) = self.first.take() {
            self.put(folder, &place, &files)?;
        }
        self.put(folder, &place, &files)
    }

    /// The skeletons, and the list of all.
    fn finish(&self, folder: &NewFolder) -> Result<()> {
        let skeletons = Skeleton::all_of(self.entry)
            .with_context(|| format!("make the skeletons of {}", self.entry.id))?;
        let names = self.entry.data.files.iter().cloned();
        let files = names
            .zip(skeletons.into_iter().map(|one| one.text))
            .collect();
        self.put(folder, "base", &files)?;
        match self.tool {
            Tool::Jplag => Ok(()),
            Tool::Dolos => {
                let path = format!("{}/info.csv", self.entry.id);
                folder.write(&path, self.info.as_bytes(), false)
            }
        }
    }

    fn put(&self, folder: &NewFolder, place: &str, files: &BTreeMap<String, String>) -> Result<()> {
        let id = &self.entry.id;
        match self.tool {
            Tool::Jplag => files.iter().try_for_each(|(file, text)| {
                folder.write(&format!("{id}/{place}/{file}"), text.as_bytes(), false)
            }),
            Tool::Dolos => {
                let parts = files
                    .iter()
                    .map(|(file, text)| format!("// {file}\n{text}\n"));
                let whole: String = parts.collect();
                folder.write(&format!("{id}/{place}.rs"), whole.as_bytes(), false)
            }
        }
    }
}

/// Names for files, one each: no part of a path, nothing that a shell, an option
/// parser or a file system takes for something else, no two that differ in case
/// alone.
fn safe_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut given: BTreeMap<String, usize> = BTreeMap::new();
    names
        .map(|name| {
            let plain = |one: char| if one.is_alphanumeric() { one } else { '_' };
            let dashes = |one: char| if one == '-' { '-' } else { plain(one) };
            let mut safe: String = name.chars().take(60).map(dashes).collect();
            if !safe.starts_with(char::is_alphanumeric) {
                safe.insert(0, 'x');
            }
            // A dot is in no name: `ada.2` is free.
            let times = given.entry(safe.to_lowercase()).or_default();
            *times += 1;
            match times {
                1 => safe,
                more => format!("{safe}.{more}"),
            }
        })
        .collect()
}

/// A text in a cell of a CSV file (RFC 4180), on one line, and no formula for a
/// program that opens it as a table.
fn cell(text: &str) -> String {
    let one_line: String = text
        .chars()
        .map(|one| if one.is_control() { ' ' } else { one })
        .collect();
    let formula = one_line.trim_start().starts_with(['=', '+', '-', '@']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", one_line.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_and_nobody_elses() {
        let names = [
            "ada",
            "Ada",
            "../../etc",
            "-rf",
            "$(x) `y`;\n\0",
            "Zoë Ødegård-2",
            "",
        ];
        let safe = safe_names(names.into_iter());
        assert_eq!(
            safe,
            [
                "ada",
                "Ada.2",
                "x______etc",
                "x-rf",
                "x__x___y____",
                "Zoë_Ødegård-2",
                "x"
            ]
        );
    }

    #[test]
    fn a_cell_holds_whatever_a_name_is() {
        assert_eq!(cell("ada"), "\"ada\"");
        assert_eq!(cell("a\"b,c\r\n\0"), "\"a\"\"b,c   \"");
        assert_eq!(cell("=cmd()"), "\"'=cmd()\"");
        assert_eq!(cell(" @x"), "\"' @x\"");
    }
}
