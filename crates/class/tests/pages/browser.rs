//! The pages in a real browser, where there is one.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use class::hundredths::Hundredths;
use class::policy::{Policy, Show};
use scraper::Html;

use crate::class::{graded, pages, student as sample};
use crate::hostile::{HOSTILE, student};
use crate::html::{select, text};

/// Chromium by any of its names; `LAB_CHROMIUM` names another one.
fn chromium() -> Option<PathBuf> {
    if let Some(path) = env::var_os("LAB_CHROMIUM") {
        return Some(path.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

fn students_in(pages: &Path) -> Vec<PathBuf> {
    let students = fs::read_dir(pages.join("students")).unwrap();
    students.map(|entry| entry.unwrap().path()).collect()
}

/// The page as the browser has it once it is loaded, and what it logged.
fn dump(chromium: &Path, profile: &Path, page: &Path) -> Output {
    // `timeout` ends the browser's other processes too.
    Command::new("timeout")
        .args(["--kill-after=5", "180"])
        .arg(chromium)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--enable-logging=stderr",
            // For a page that looks at another one.
            "--allow-file-access-from-files",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap()
}

#[test]
fn a_browser_runs_nothing_fetches_nothing_and_complains_of_nothing() {
    let Some(chromium) = chromium() else {
        // Past the harness, which shows nothing of a test that passes.
        let _ = writeln!(io::stderr(), "skipped: there is no Chromium here");
        return;
    };
    // Whoever fetches what a student names comes here.
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let address = trap.local_addr().unwrap();
    let hostile = format!(
        "</title></pre><script src=http://{address}/s></script><img src=http://{address}/i \
         onerror=\"document.title='owned'\"><link rel=stylesheet href=http://{address}/c>{}",
        HOSTILE.concat()
    );
    let dir = pages(vec![student(&hostile)], Show::Full);
    let profile = tempfile::tempdir().unwrap();
    let pages = students_in(dir.path())
        .into_iter()
        .chain([dir.path().join("index.html")]);
    for path in pages {
        let output = dump(&chromium, profile.path(), &path);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {log}", output.status);
        assert!(!log.contains("CONSOLE"), "{log}");
        let page = Html::parse_document(&String::from_utf8_lossy(&output.stdout));
        assert!(
            text(&page, "body").contains("<script src=http://"),
            "it is text"
        );
        assert_ne!(text(&page, "title"), "owned");
        assert_eq!(select(&page, "script, img, iframe, base").len(), 0);
        assert_eq!(select(&page, "h1").len(), 1);
    }
    let caller = trap.accept().map(|(_, peer)| peer);
    assert_eq!(caller.unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

/// On a telephone. What a compiler or a program wrote may be wider: its lines are what
/// they are.
#[test]
fn a_student_reads_every_table_without_scrolling_sideways() {
    let Some(chromium) = chromium() else {
        let _ = writeln!(io::stderr(), "skipped: there is no Chromium here");
        return;
    };
    let name = "Jean-Baptiste de La Rochefoucauld-Montbel";
    // The sample's verdicts differ by number: all kinds are among these.
    let results = (0..4).map(|number| sample(&format!("{name} {number}"), number * 3));
    let policy = Policy {
        out_of: Hundredths::whole(20),
        ..Policy::default()
    };
    let dir = graded(results.collect(), &policy, None);
    let frames: String = students_in(dir.path())
        .iter()
        .map(|page| {
            format!(
                "<iframe width=360 src='file://{}'></iframe>",
                page.display()
            )
        })
        .collect();
    let script = "onload = () => { document.title = [...document.querySelectorAll('iframe')]\
        .map(frame => frame.contentDocument).flatMap(page => [page.documentElement, \
        ...page.querySelectorAll('.scroll')]).map(one => one.scrollWidth - one.clientWidth) }";
    let frame = dir.path().join("frame.html");
    fs::write(
        &frame,
        format!("<title></title>{frames}<script>{script}</script>"),
    )
    .unwrap();
    let profile = tempfile::tempdir().unwrap();
    let output = dump(&chromium, profile.path(), &frame);
    let page = Html::parse_document(&String::from_utf8_lossy(&output.stdout));
    let wider = text(&page, "title");
    assert!(wider.split(',').count() > 8, "{wider}");
    assert!(wider.split(',').all(|pixels| pixels == "0"), "{wider}");
}
