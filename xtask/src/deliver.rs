//! A report goes where it was asked for, in the format that was asked for.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use grader::report::{Head, write_atomically, write_json};
use grader::spool::Spool;

use crate::cli::{Deliver, Format};
use crate::output::Output;
use crate::table;

/// Prints the report, or writes it and prints the table. Grades, pages and formats
/// of other systems are the course's.
pub fn deliver(head: &Head, results: &Spool, asked: &Deliver) -> Result<()> {
    match &asked.out {
        _ if !matches!(asked.format, Format::Json | Format::Text) => Ok(()),
        None => {
            let mut output = Output::new();
            match asked.format {
                Format::Json => write_json(head, results, output.raw())?,
                _ => output.text(&table::text(head, results)?)?,
            }
            output.finish()
        }
        Some(path) => {
            write(path, head, results, asked.format)
                .with_context(|| format!("write {}", path.display()))?;
            let mut output = Output::new();
            output.text(&table::text(head, results)?)?;
            output.line(format!("written: {}", path.display()))?;
            output.finish()
        }
    }
}

fn write(path: &Path, head: &Head, results: &Spool, format: Format) -> Result<()> {
    write_atomically(path, |file: &mut dyn Write| -> Result<()> {
        match format {
            Format::Json => write_json(head, results, file)?,
            _ => {
                let text = table::text(head, results)?;
                let plain = anstream::adapter::strip_str(&text).to_string();
                file.write_all(plain.as_bytes())?;
            }
        }
        Ok(())
    })
}
