//! Unusual programs that are right, in any language.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use grader::catalogue::Entry;
use grader::grade::Attempt;
use grader::submission::Intake;
use grader::work::set_mode;

/// One right variant, or why it cannot be judged here.
pub enum Right<'a> {
    Attempt(Box<Attempt<'a>>),
    Skipped(String),
}

impl<'a> Right<'a> {
    /// Makes a variant ready: a folder replaces files of the solution, or
    /// whole programs of it by `PROGRAM.c` and `PROGRAM.py`; a C file is
    /// compiled, a Python file is made executable, and is the main program.
    pub fn prepare(
        path: &Path,
        entry: &'a Entry,
        solution: &BTreeMap<String, String>,
        folder: &Path,
    ) -> Result<Right<'a>> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let program = folder.join(format!("{name}-program"));
        match path.extension().and_then(|it| it.to_str()) {
            None => {
                let mut files = solution.clone();
                let mut replaced = false;
                for (file, text) in &mut files {
                    if let Ok(other) = fs::read_to_string(path.join(file)) {
                        *text = other;
                        replaced = true;
                    }
                }
                let mut made = Attempt::new(entry, Intake::Taken(files));
                for main in &entry.programs {
                    let program = folder.join(format!("{name}-{}", main.name));
                    for extension in ["c", "py"] {
                        let source = path.join(format!("{}.{extension}", main.name));
                        if !source.is_file() {
                            continue;
                        }
                        let skipped = match extension {
                            "c" => compiled(&source, &program)?,
                            _ => script(&source, &program)?,
                        };
                        if let Some(skipped) = skipped {
                            return Ok(skipped);
                        }
                        made.programs.insert(main.name.clone(), program.clone());
                        replaced = true;
                    }
                }
                if !replaced {
                    bail!("{} replaces nothing of the solution", path.display());
                }
                Ok(attempt(made))
            }
            Some("c") => compiled(path, &program)
                .map(|skipped| skipped.unwrap_or_else(|| whole(entry, solution, program))),
            Some("py") => script(path, &program)
                .map(|skipped| skipped.unwrap_or_else(|| whole(entry, solution, program))),
            Some(other) => Ok(Right::Skipped(format!(
                "nobody knows how to build .{other}"
            ))),
        }
    }
}

/// A variant that is the exercise's main program as a whole.
fn whole<'a>(entry: &'a Entry, solution: &BTreeMap<String, String>, program: PathBuf) -> Right<'a> {
    let mut made = Attempt::new(entry, Intake::Taken(solution.clone()));
    if let Some(main) = entry.programs.first() {
        made.programs.insert(main.name.clone(), program);
    }
    attempt(made)
}

fn attempt(made: Attempt<'_>) -> Right<'_> {
    Right::Attempt(Box::new(made))
}

fn compiled<'a>(source: &Path, program: &Path) -> Result<Option<Right<'a>>> {
    let output = match Command::new("cc")
        .args(["-O1", "-Wall", "-pthread", "-o"])
        .args([program, source])
        .output()
    {
        Ok(output) => output,
        Err(error) => return Ok(Some(Right::Skipped(format!("cc: {error}")))),
    };
    if !output.status.success() {
        bail!(
            "{}: {}",
            source.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(None)
}

fn script<'a>(source: &Path, program: &Path) -> Result<Option<Right<'a>>> {
    let places = ["/usr/local/bin", "/usr/bin", "/bin"];
    let mut pythons = places
        .iter()
        .map(|folder| Path::new(folder).join("python3"));
    let Some(python) = pythons.find(|python| python.exists()) else {
        return Ok(Some(Right::Skipped("python3: not found".into())));
    };
    let mut text =
        fs::read_to_string(source).with_context(|| format!("read {}", source.display()))?;
    if !text.starts_with("#!") {
        // Its own library is all that it needs: without a look at what is installed
        // beside that, it starts in two thirds of the time.
        text.insert_str(0, &format!("#!{} -IS\n", python.display()));
    }
    fs::write(program, text)
        .and_then(|()| set_mode(program, 0o755))
        .with_context(|| format!("write {}", program.display()))?;
    Ok(None)
}
