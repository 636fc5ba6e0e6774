//! The folder that the pages are written into.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::names::{self, Names, STUDENTS};

/// The file that says who made the folder.
const MARKER: &str = ".socket-lab-pages";

const MARKED: &str = "The pages in this folder were written by the socket lab (--html).\n\
    The next run replaces them, and removes those of students who are gone.\n";

/// What a page is called until it is whole.
const UNFINISHED: &str = ".page-";

/// A folder that holds pages of a class and, if it was not made by this, nothing
/// else.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes a folder, or takes one that is empty or was made by this. What a
    /// run that was killed had not finished is removed.
    ///
    /// # Errors
    ///
    /// It holds other files; it cannot be made, read or written.
    pub fn open(root: &Path) -> Result<Folder> {
        fs::create_dir_all(root).with_context(|| format!("make {}", root.display()))?;
        let files = list(root)?;
        let ours = files.iter().any(|file| file == MARKER);
        let other = files.iter().find(|file| !file.starts_with(UNFINISHED));
        if let (false, Some(other)) = (ours, other) {
            bail!(
                "{} holds {other:?} and no pages of a class: name a folder that is empty or not there",
                root.display()
            );
        }
        let folder = Folder {
            root: root.to_owned(),
        };
        folder.write(MARKER, |out| Ok(out.write_all(MARKED.as_bytes())?))?;
        let students = root.join(STUDENTS);
        match fs::symlink_metadata(&students) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => bail!("{} is no folder", students.display()),
            Err(_) => {
                fs::create_dir(&students).with_context(|| format!("make {}", students.display()))?
            }
        }
        for (place, files) in [
            (root.to_owned(), files),
            (students.clone(), list(&students)?),
        ] {
            for file in files.iter().filter(|file| file.starts_with(UNFINISHED)) {
                remove(&place.join(file))?;
            }
        }
        Ok(folder)
    }

    /// Writes one page: whole, or not at all.
    ///
    /// # Errors
    ///
    /// What `fill` or the system says; nothing half-written stays behind.
    pub fn write(&self, page: &str, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let path = self.root.join(page);
        let context = || format!("write {}", path.display());
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        {
            // As any other new file: what the umask leaves of rw-rw-rw-.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder
            .tempfile_in(path.parent().unwrap_or(&self.root))
            .with_context(context)?;
        let mut out = BufWriter::new(file);
        fill(&mut out).with_context(context)?;
        let file = out
            .into_inner()
            .map_err(|error| error.into_error())
            .with_context(context)?;
        file.persist(&path)
            .map_err(|error| error.error)
            .with_context(context)?;
        Ok(())
    }

    /// Removes the pages of students that were not given out in this run.
    ///
    /// # Errors
    ///
    /// The folder cannot be read, or a page not removed.
    pub fn sweep(&self, names: &Names) -> Result<()> {
        let students = self.root.join(STUDENTS);
        for file in list(&students)? {
            if names::is_page(&file) && !names.holds(&format!("{STUDENTS}/{file}")) {
                remove(&students.join(file))?;
            }
        }
        Ok(())
    }
}

fn list(folder: &Path) -> Result<Vec<String>> {
    let context = || format!("read {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        files.push(name.to_string_lossy().into_owned());
    }
    Ok(files)
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| format!("remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &'static str) -> impl FnOnce(&mut dyn Write) -> Result<()> {
        move |out| Ok(out.write_all(text.as_bytes())?)
    }

    #[test]
    fn a_folder_that_holds_other_files_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "mine").unwrap();
        let error = Folder::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("thesis.tex"), "{error}");
        assert_eq!(list(folder.path()).unwrap(), ["thesis.tex"]);
    }

    #[test]
    fn a_folder_that_was_made_by_this_is_taken_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("deep/er");
        Folder::open(&root)
            .unwrap()
            .write("index.html", page("old"))
            .unwrap();
        fs::write(root.join("notes.txt"), "mine").unwrap();
        fs::write(root.join("students/.page-x"), "half").unwrap();
        Folder::open(&root)
            .unwrap()
            .write("index.html", page("new"))
            .unwrap();
        assert_eq!(fs::read_to_string(root.join("index.html")).unwrap(), "new");
        assert_eq!(fs::read_to_string(root.join("notes.txt")).unwrap(), "mine");
        assert!(!root.join("students/.page-x").exists());
    }

    #[test]
    fn a_page_that_fails_half_way_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let pages = Folder::open(folder.path()).unwrap();
        pages.write("index.html", page("old")).unwrap();
        let error = pages.write("index.html", |out| {
            out.write_all(b"half a pa")?;
            bail!("the results end here")
        });
        assert!(format!("{:#}", error.unwrap_err()).contains("the results end here"));
        let path = folder.path().join("index.html");
        assert_eq!(fs::read_to_string(path).unwrap(), "old");
        assert_eq!(list(folder.path()).unwrap().len(), 3);
    }

    #[test]
    fn pages_of_students_who_are_gone_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let pages = Folder::open(folder.path()).unwrap();
        let mut before = Names::default();
        for name in ["ada", "ben"] {
            pages.write(&before.page_of(name), page("x")).unwrap();
        }
        fs::write(folder.path().join("students/notes.txt"), "mine").unwrap();
        let mut now = Names::default();
        let ada = now.page_of("ada");
        pages.sweep(&now).unwrap();
        let mut left = list(&folder.path().join(STUDENTS)).unwrap();
        left.sort();
        assert_eq!(left, [&ada["students/".len()..], "notes.txt"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_place_of_the_students_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let root = folder.path();
        drop(Folder::open(root).unwrap());
        fs::remove_dir(root.join(STUDENTS)).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.join(STUDENTS)).unwrap();
        assert!(Folder::open(root).is_err());
    }
}
