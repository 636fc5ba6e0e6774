//! Sees when somebody saves.
//!
//! What counts is what is in the files: they are looked at when the system reports
//! a change, and now and then without a report. So an editor may save as it likes
//! (in place, by renaming another file, several at once), and where the system
//! reports nothing (a folder of a virtual machine's host, a network's file system)
//! a save is seen all the same; from then on it is looked for more often.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::iter;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use grader::catalogue::Entry;
use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecursiveMode, Watcher};

use crate::events::Event;

/// A save is over when nothing has changed for so long: editors write a file in
/// several steps.
const QUIET: Duration = Duration::from_millis(25);

/// What goes on longer than this is looked at in between.
const LONGEST: Duration = Duration::from_millis(500);

/// How often files are looked at although nothing was reported.
const NOW_AND_THEN: Duration = Duration::from_secs(1);

/// How often where changes are not reported.
const OFTEN: Duration = Duration::from_millis(250);

/// How long a report may come after the change. On a crowded machine one that is
/// later only makes looking more frequent.
const LATE: Duration = Duration::from_secs(2);

/// Looks at the files of one exercise until it is dropped.
pub struct Files {
    wake: Sender<Wake>,
    thread: Option<JoinHandle<()>>,
}

enum Wake {
    Reported,
    End,
}

impl Files {
    /// Begins to look at what an exercise's program is made of, and its checks.
    pub fn of(entry: &Entry, events: Sender<Event>) -> Files {
        Files::watch(entry, events, notify::recommended_watcher)
    }

    /// The same with another way to be told of changes.
    fn watch<W: Watcher + Send + 'static>(
        entry: &Entry,
        events: Sender<Event>,
        make: impl FnOnce(Report) -> notify::Result<W>,
    ) -> Files {
        let (wake, woken) = mpsc::channel();
        let report = Report(wake.clone());
        let watcher = make(report).and_then(|mut watcher| {
            watcher.watch(&entry.folder, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        let (watcher, why) = match watcher {
            Ok(watcher) => (Some(Box::new(watcher) as Box<dyn Watcher + Send>), None),
            Err(error) => (None, Some(error.to_string())),
        };
        // Before the thread runs: what is saved from now on is seen.
        let looker = Looker::of(entry, events, watcher);
        if let Some(why) = why {
            looker.poll(&why);
        }
        let thread = thread::spawn(move || looker.work(&woken));
        Files {
            wake,
            thread: Some(thread),
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = self.wake.send(Wake::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Hands on that something was reported.
struct Report(Sender<Wake>);

impl notify::EventHandler for Report {
    fn handle_event(&mut self, event: notify::Result<notify::Event>) {
        let is_change = match event {
            Ok(event) => match event.kind {
                // Looking at the files is reported too.
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
                EventKind::Access(_) => false,
                _ => true,
            },
            // Reports were lost: it is time to look.
            Err(_) => true,
        };
        if is_change {
            let _ = self.0.send(Wake::Reported);
        }
    }
}

/// What a save has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The same text was written once more.
    Nothing,
    /// The program's sources.
    Program,
    /// The lab's own checks: they have to be built anew.
    Checks,
}

/// What is in a file, and when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    bytes: Vec<u8>,
    written: Option<SystemTime>,
}

type Seen = BTreeMap<PathBuf, Content>;

/// Which folder it is that has a name, by device and number; none where there is none.
type Identity = Option<(u64, u64)>;

struct Looker {
    /// What is watched: the exercise's folder.
    folder: PathBuf,
    /// The folders that were there when the watch was set.
    watched: Vec<Identity>,
    watcher: Option<Box<dyn Watcher + Send>>,
    places: Vec<PathBuf>,
    /// The folder of the exercise's checks.
    checks: PathBuf,
    seen: Seen,
    events: Sender<Event>,
    /// Whether the system reports changes.
    reports: bool,
}

impl Looker {
    fn of(
        entry: &Entry,
        events: Sender<Event>,
        watcher: Option<Box<dyn Watcher + Send>>,
    ) -> Looker {
        let places = places(entry);
        let mut looker = Looker {
            folder: entry.folder.clone(),
            watched: Vec::new(),
            checks: checks(entry),
            seen: look(&places),
            places,
            events,
            reports: watcher.is_some(),
            watcher,
        };
        looker.watched = looker.folders();
        looker
    }

    fn folders(&self) -> Vec<Identity> {
        let folders = iter::once(&self.folder).chain(&self.places);
        let folders = folders.map(|path| fs::metadata(path).ok().filter(Metadata::is_dir));
        folders
            .map(|found| found.map(|found| (found.dev(), found.ino())))
            .collect()
    }

    /// Watches what is there now, if a folder was replaced: of the new one, nothing
    /// is reported until then. Whether that was so.
    fn follow(&mut self) -> bool {
        let now = self.folders();
        if now == self.watched {
            return false;
        }
        self.watched = now;
        if let Some(watcher) = &mut self.watcher {
            let _ = watcher.unwatch(&self.folder);
            // While there is no folder, there is nothing to be told of it.
            let _ = watcher.watch(&self.folder, RecursiveMode::Recursive);
        }
        true
    }

    fn work(mut self, woken: &Receiver<Wake>) {
        loop {
            let interval = if self.reports { NOW_AND_THEN } else { OFTEN };
            let reported = match woken.recv_timeout(interval) {
                Ok(Wake::Reported) => {
                    if !is_quiet_again(woken) {
                        return;
                    }
                    true
                }
                Err(RecvTimeoutError::Timeout) => false,
                Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return,
            };
            // Before the look: what is saved after it is reported.
            let replaced = self.follow();
            let Some(changed) = self.compare() else {
                continue;
            };
            if self.events.send(Event::Saved { changed }).is_err() {
                return;
            }
            if self.reports && !reported && !replaced {
                // It may only be late.
                match woken.recv_timeout(LATE) {
                    Ok(Wake::Reported) => {}
                    Err(RecvTimeoutError::Timeout) => {
                        self.reports = false;
                        self.poll("this file system does not report changes");
                    }
                    Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    /// Whether something was saved since the last look, and what that changed.
    fn compare(&mut self) -> Option<Changed> {
        let now = look(&self.places);
        if now == self.seen {
            return None;
        }
        let differs = |path: &&PathBuf| {
            let bytes = |seen: &Seen| seen.get(*path).map(|content| content.bytes.clone());
            bytes(&now) != bytes(&self.seen)
        };
        let changed: Vec<&PathBuf> = now.keys().chain(self.seen.keys()).filter(differs).collect();
        let what = if changed.is_empty() {
            Changed::Nothing
        } else if changed.iter().any(|path| path.starts_with(&self.checks)) {
            Changed::Checks
        } else {
            Changed::Program
        };
        self.seen = now;
        Some(what)
    }

    fn poll(&self, why: &str) {
        let _ = self.events.send(Event::Polling(why.to_owned()));
    }
}

/// Waits until nothing is reported any more; false when it is to end.
fn is_quiet_again(woken: &Receiver<Wake>) -> bool {
    let start = Instant::now();
    while start.elapsed() < LONGEST {
        match woken.recv_timeout(QUIET) {
            Ok(Wake::Reported) => {}
            Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => return true,
        }
    }
    true
}

/// Where the sources of an exercise lie: those of its program, and its checks.
fn places(entry: &Entry) -> Vec<PathBuf> {
    let mut places = vec![entry.folder.join("src"), checks(entry)];
    let files = entry.data.files.iter().map(|file| entry.folder.join(file));
    places.extend(files);
    places
}

fn checks(entry: &Entry) -> PathBuf {
    entry.folder.join("tests")
}

fn look(places: &[PathBuf]) -> Seen {
    let mut seen = Seen::new();
    for place in places {
        add(place, &mut seen);
    }
    seen
}

/// Adds the sources at and below a path. What cannot be read is not there: an
/// editor may just be replacing it.
fn add(path: &Path, seen: &mut Seen) {
    // Links are followed for files alone: folders could go in a circle.
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            add(&entry.path(), seen);
        }
        return;
    }
    let is_source = path.extension().is_some_and(|kind| kind == "rs");
    let found = fs::metadata(path).ok().filter(|found| found.is_file());
    let (Some(found), true) = (found, is_source) else {
        return;
    };
    if let Ok(bytes) = fs::read(path) {
        let written = found.modified().ok();
        seen.insert(path.to_owned(), Content { bytes, written });
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::tests::lab;

    /// Far more than a save needs; only a failure waits for it.
    const LONG: Duration = Duration::from_secs(60);

    /// The next save of which something is changed, and how it was noticed.
    fn saved(events: &Receiver<Event>) -> (Changed, bool) {
        let mut polls = false;
        loop {
            match events.recv_timeout(LONG).expect("the save was not seen") {
                Event::Saved {
                    changed: Changed::Nothing,
                } => {}
                Event::Saved { changed } => return (changed, polls),
                Event::Polling(_) => polls = true,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_file_saved_in_place_or_by_renaming_or_made_anew_is_seen() {
        let (lab, course) = lab();
        let entry = &course.entries[0];
        let source = entry.folder.join("src/main.rs");
        let (events, happened) = mpsc::channel();
        let _files = Files::of(entry, events);

        fs::write(&source, "// in place\n").unwrap();
        assert_eq!(saved(&happened).0, Changed::Program);

        let other = lab.path("other");
        fs::write(&other, "// renamed\n").unwrap();
        fs::rename(&other, &source).unwrap();
        assert_eq!(saved(&happened).0, Changed::Program);

        fs::rename(&source, entry.folder.join("src/main.rs~")).unwrap();
        assert_eq!(saved(&happened).0, Changed::Program);
        fs::write(&source, "// anew\n").unwrap();
        assert_eq!(saved(&happened).0, Changed::Program);

        fs::create_dir(entry.folder.join("tests")).unwrap();
        fs::write(entry.folder.join("tests/checks.rs"), "// a check\n").unwrap();
        // What was written before may have been seen in two steps.
        while saved(&happened).0 != Changed::Checks {}
    }

    #[test]
    fn what_is_written_in_pieces_is_seen_whole_in_the_end() {
        let (_folder, course) = lab();
        let entry = &course.entries[0];
        let source = entry.folder.join("src/main.rs");
        let (events, happened) = mpsc::channel();
        let mut looker = Looker::of(entry, events, None);
        let mut file = fs::File::create(&source).unwrap();
        for piece in ["fn ", "main()", " {}"] {
            file.write_all(piece.as_bytes()).unwrap();
            assert_eq!(looker.compare(), Some(Changed::Program));
        }
        assert_eq!(looker.compare(), None);
        assert_eq!(looker.seen[&source].bytes, b"fn main() {}");
        drop(happened);
    }

    #[test]
    fn a_folder_that_was_replaced_is_watched_from_then_on() {
        let (lab, course) = lab();
        let entry = &course.entries[0];
        let (events, happened) = mpsc::channel();
        let mut looker = Looker::of(entry, events, None);
        assert!(!looker.follow());
        fs::rename(&entry.folder, lab.path("aside")).unwrap();
        assert!(looker.follow());
        fs::create_dir_all(entry.folder.join("src")).unwrap();
        assert!(looker.follow() && !looker.follow());
        drop(happened);

        // That it was not reported is no reason to say that nothing is.
        let (events, happened) = mpsc::channel();
        let _files = Files::of(entry, events);
        fs::remove_dir_all(&entry.folder).unwrap();
        fs::create_dir_all(entry.folder.join("src")).unwrap();
        fs::write(entry.folder.join("src/main.rs"), "// back\n").unwrap();
        assert_eq!(saved(&happened), (Changed::Program, false));
    }

    #[test]
    fn where_nothing_is_reported_a_save_is_seen_and_from_then_on_looked_for_often() {
        let (_folder, course) = lab();
        let entry = &course.entries[0];
        let (events, happened) = mpsc::channel();
        // A watcher that never reports anything.
        let _files = Files::watch(entry, events, |_| {
            notify::NullWatcher::new(
                |_: notify::Result<notify::Event>| {},
                notify::Config::default(),
            )
        });
        fs::write(entry.folder.join("src/main.rs"), "// one\n").unwrap();
        assert_eq!(saved(&happened), (Changed::Program, false));
        let Event::Polling(why) = happened.recv_timeout(LONG).unwrap() else {
            panic!("it was not told that files are polled");
        };
        assert!(why.contains("does not report"), "{why}");
        fs::write(entry.folder.join("src/main.rs"), "// two\n").unwrap();
        assert_eq!(saved(&happened).0, Changed::Program);
    }

    #[test]
    fn where_no_watcher_can_be_made_files_are_polled_at_once() {
        let (_folder, course) = lab();
        let entry = &course.entries[0];
        let (events, happened) = mpsc::channel();
        let _files = Files::watch(entry, events, |_| {
            Err::<notify::NullWatcher, _>(notify::Error::generic("no watches are left"))
        });
        fs::write(entry.folder.join("src/main.rs"), "// one\n").unwrap();
        assert_eq!(saved(&happened), (Changed::Program, true));
    }

    #[test]
    fn the_same_text_once_more_is_a_save_that_changes_nothing() {
        let (_folder, course) = lab();
        let entry = &course.entries[0];
        let source = entry.folder.join("src/main.rs");
        let (events, happened) = mpsc::channel();
        let _files = Files::of(entry, events);
        let file = fs::File::options().write(true).open(&source).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let event = happened.recv_timeout(LONG).unwrap();
        let Event::Saved { changed } = event else {
            panic!("{event:?}");
        };
        assert_eq!(changed, Changed::Nothing);
    }
}
