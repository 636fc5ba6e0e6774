//! What is asked of git, which is all that it is used for: the learner's commits,
//! branches, index and stash are theirs.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use super::refusal::refuse;

/// Where the newest fetched version is kept, so that git never discards what the next
/// update starts from.
pub const KEPT: &str = "refs/lab/upstream";

/// What a merge, rebase and the like leave in git's folder while they are not done,
/// and how each is ended.
const IN_PROGRESS: &[(&str, &str, &str)] = &[
    ("MERGE_HEAD", "a merge", "git merge --abort"),
    ("rebase-merge", "a rebase", "git rebase --abort"),
    ("rebase-apply", "a rebase", "git rebase --abort"),
    (
        "CHERRY_PICK_HEAD",
        "a cherry-pick",
        "git cherry-pick --abort",
    ),
    ("REVERT_HEAD", "a revert", "git revert --abort"),
];

/// The repository that a lab lies in.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
    /// Where the lab lies in it: empty, or with `/` at its end.
    prefix: String,
}

/// Where a new version is fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// A remote's name, or an address.
    pub name: String,
    /// The branch; none for the remote's own choice.
    pub branch: Option<String>,
}

impl Remote {
    /// As it is typed: `origin/main`.
    pub fn shown(&self) -> String {
        match &self.branch {
            Some(branch) => format!("{}/{branch}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A file of a commit.
#[derive(Debug, Clone)]
pub struct Blob {
    /// From the root of the lab on, with `/`.
    pub path: String,
    /// Git's name for what is in it.
    pub id: String,
    /// `100644`, `100755`, or what no version may hold.
    pub mode: String,
}

impl Repository {
    /// The repository around a lab; none if there is none, or no git.
    ///
    /// # Errors
    ///
    /// There is one, and git does not want to read it.
    pub fn around(root: &Path) -> Result<Option<Repository>> {
        let output = match git(root, &["rev-parse", "--show-prefix"]).output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            output => output.context("run git")?,
        };
        if output.status.success() {
            return Ok(Some(Repository {
                root: root.to_owned(),
                prefix: text(&output.stdout),
            }));
        }
        // No repository, or one that git refuses, e.g. because it is another user's.
        match root.ancestors().find(|folder| folder.join(".git").exists()) {
            Some(_) => refuse!("{}", complaint(&output)),
            None => Ok(None),
        }
    }

    /// Whether the lab is the whole repository.
    pub fn is_the_lab(&self) -> bool {
        self.prefix.is_empty()
    }

    /// Refuses while a merge or the like is not done: what lies in the files then is
    /// half of it.
    ///
    /// # Errors
    ///
    /// A [`super::Refusal`] that says how to end it.
    pub fn refuse_in_progress(&self) -> Result<()> {
        for (name, what, abort) in IN_PROGRESS {
            let path = self.answer(&["rev-parse", "--git-path", name])?;
            if path.is_some_and(|path| self.root.join(path).exists()) {
                refuse!(
                    "{what} is in progress here: end it (`git status` says how) or give it up \
                     (`{abort}`), then update"
                );
            }
        }
        let unmerged = self.answer(&["ls-files", "--unmerged"])?;
        if unmerged.is_some_and(|files| !files.is_empty()) {
            refuse!("there are conflicts that git waits for: `git status` names them; then update");
        }
        Ok(())
    }

    /// Where the lab's new versions come from.
    ///
    /// # Errors
    ///
    /// A [`super::Refusal`]: there is no such remote, or none at all.
    pub fn remote(&self, asked: Option<&str>) -> Result<Remote> {
        let remotes = self.answer(&["remote"])?.unwrap_or_default();
        let remotes: Vec<&str> = remotes.lines().collect();
        let whole = |name: &str| Remote {
            name: name.to_owned(),
            branch: None,
        };
        let Some(asked) = asked else {
            // Whoever forked the lab has it as `upstream`; `origin` is their own then.
            if remotes.contains(&"upstream") {
                return Ok(whole("upstream"));
            }
            if let Some(followed) = self.followed()? {
                return Ok(followed);
            }
            if remotes.contains(&"origin") {
                return Ok(whole("origin"));
            }
            refuse!(
                "this repository has no remote to update from: name one (`--git REMOTE` or \
                 `--git ADDRESS`), or the folder of the new version"
            );
        };
        if remotes.contains(&asked) {
            return Ok(whole(asked));
        }
        let named = remotes.iter().find_map(|name| {
            let branch = asked.strip_prefix(name)?.strip_prefix('/')?;
            (!branch.is_empty()).then(|| Remote {
                name: (*name).to_owned(),
                branch: Some(branch.to_owned()),
            })
        });
        if let Some(remote) = named {
            return Ok(remote);
        }
        if asked.contains(':') || Path::new(asked).is_dir() {
            return Ok(whole(asked));
        }
        let there = if remotes.is_empty() {
            "there is none".to_owned()
        } else {
            format!("there are: {}", remotes.join(", "))
        };
        refuse!("--git {asked}: no such remote here ({there}), and no address of a repository")
    }

    /// The branch that the current one follows.
    fn followed(&self) -> Result<Option<Remote>> {
        let Some(branch) = self.answer(&["symbolic-ref", "--quiet", "--short", "HEAD"])? else {
            return Ok(None);
        };
        let config =
            |what: &str| self.answer(&["config", "--get", &format!("branch.{branch}.{what}")]);
        Ok(match (config("remote")?, config("merge")?) {
            (Some(remote), Some(merge)) if remote != "." => Some(Remote {
                name: remote,
                branch: merge.strip_prefix("refs/heads/").map(str::to_owned),
            }),
            _ => None,
        })
    }

    /// Fetches the newest commit there, and gives its name.
    ///
    /// # Errors
    ///
    /// What git says: no network, no such branch.
    pub fn fetch(&self, remote: &Remote) -> Result<String> {
        let from = match &remote.branch {
            Some(branch) => format!("refs/heads/{branch}"),
            None => "HEAD".to_owned(),
        };
        let into = format!("+{from}:{KEPT}");
        // No housekeeping: the learner did not ask for that, and would wait for it.
        let arguments = [
            "-c",
            "gc.auto=0",
            "-c",
            "maintenance.auto=false",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--",
            &remote.name,
            &into,
        ];
        let output = git(&self.root, &arguments).output().context("run git")?;
        if !output.status.success() {
            bail!(
                "nothing could be fetched from {}, and nothing was changed: {}. Without a network: \
                 `cargo xtask update FOLDER`, with the new version in a folder",
                remote.shown(),
                complaint(&output)
            );
        }
        self.commit(KEPT)?.context("git fetched no commit")
    }

    /// The full name of a commit, if there is such a one here.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn commit(&self, name: &str) -> Result<Option<String>> {
        let name = format!("{name}^{{commit}}");
        self.answer(&[
            "rev-parse",
            "--quiet",
            "--verify",
            "--end-of-options",
            &name,
        ])
    }

    /// The newest commit that two have in common.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn common(&self, one: &str, other: &str) -> Result<Option<String>> {
        let all = self.answer(&["merge-base", one, other])?;
        Ok(all.and_then(|all| all.lines().next().map(str::to_owned)))
    }

    /// Whether the first commit is the second, or one that led to it.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn led_to(&self, one: &str, other: &str) -> Result<bool> {
        Ok(self
            .answer(&["merge-base", "--is-ancestor", one, other])?
            .is_some())
    }

    /// When a commit was made.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn date(&self, commit: &str) -> Result<Option<String>> {
        self.answer(&["show", "--no-patch", "--format=%cI", commit])
    }

    /// Whether a file that git keeps is another than in the last commit.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn has_changes(&self) -> Result<bool> {
        let changes = self.answer(&["status", "--porcelain", "--untracked-files=no", "--", "."])?;
        Ok(changes.is_some_and(|changes| !changes.is_empty()))
    }

    /// The files of a commit. Where a repository holds more than the lab, those of the
    /// folder in which the lab lies.
    ///
    /// # Errors
    ///
    /// Git cannot be run, or has no such commit.
    pub fn files(&self, commit: &str) -> Result<Vec<Blob>> {
        let holds_lab = |tree: &str| {
            let checks = format!("{tree}exercises");
            self.answer(&["rev-parse", "--quiet", "--verify", &checks])
        };
        let whole = format!("{commit}:");
        let part = format!("{commit}:{}", self.prefix);
        let tree = if holds_lab(&whole)?.is_none() && !self.prefix.is_empty() {
            &part
        } else {
            &whole
        };
        let output = git(&self.root, &["ls-tree", "-r", "-z", "--full-tree", tree])
            .output()
            .context("run git")?;
        if !output.status.success() {
            bail!(
                "git cannot list the files of {commit}: {}",
                complaint(&output)
            );
        }
        let Ok(listed) = String::from_utf8(output.stdout) else {
            refuse!("{commit} holds a file whose name is no text");
        };
        let rows = listed.split_terminator('\0').map(|row| {
            let (head, path) = row.split_once('\t').context("git's list of files")?;
            let mut words = head.split(' ');
            let (mode, _, id) = (words.next(), words.next(), words.next());
            Ok(Blob {
                path: path.to_owned(),
                id: id.context("git's list of files")?.to_owned(),
                mode: mode.unwrap_or_default().to_owned(),
            })
        });
        rows.collect()
    }

    /// The files of a folder that git keeps.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn kept(&self) -> Result<Vec<String>> {
        let listed = self.answer(&["ls-files", "-z"])?.unwrap_or_default();
        let mut paths: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
        paths.dedup();
        Ok(paths)
    }

    /// Opens the store of what is in files.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn blobs(&self) -> Result<Blobs> {
        let mut child = git(&self.root, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("run git")?;
        let (Some(asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("git has no pipes");
        };
        Ok(Blobs {
            child,
            asks: Some(asks),
            answers: BufReader::new(answers),
        })
    }

    /// What git prints; none when it says no.
    fn answer(&self, arguments: &[&str]) -> Result<Option<String>> {
        let output = git(&self.root, arguments).output().context("run git")?;
        Ok(output.status.success().then(|| text(&output.stdout)))
    }
}

/// Git, as it answers about one folder.
fn git(root: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(arguments);
    // Not even the index is refreshed.
    command.env("GIT_OPTIONAL_LOCKS", "0");
    // What a hook or another repository has set is not about this one.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    if env::var_os("GIT_TERMINAL_PROMPT").is_none() && !io::IsTerminal::is_terminal(&io::stderr()) {
        command.env("GIT_TERMINAL_PROMPT", "0");
    }
    command.stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// The line of git's that says what is wrong.
fn complaint(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines()
        .find(|line| line.starts_with("fatal: "))
        .or_else(|| lines().next_back())
        .unwrap_or("git failed, and does not say why");
    line.strip_prefix("fatal: ").unwrap_or(line).to_owned()
}

/// What is in the files of all commits.
pub struct Blobs {
    child: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    /// What is in a file.
    ///
    /// # Errors
    ///
    /// Git does not have it.
    pub fn read(&mut self, id: &str) -> Result<Vec<u8>> {
        let asks = self.asks.as_mut().context("git's store is closed")?;
        writeln!(asks, "{id}").context("ask git")?;
        asks.flush().context("ask git")?;
        let mut head = String::new();
        self.answers.read_line(&mut head).context("git's answer")?;
        let size = head
            .trim_end()
            .rsplit_once(" blob ")
            .or_else(|| head.trim_end().split_once(" blob "))
            .and_then(|(_, size)| size.parse::<usize>().ok());
        let Some(size) = size else {
            bail!("git does not have {id}: {}", head.trim_end());
        };
        let mut bytes = vec![0; size + 1];
        self.answers
            .read_exact(&mut bytes)
            .context("git's answer")?;
        bytes.truncate(size);
        Ok(bytes)
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // At the end of its input it ends.
        drop(self.asks.take());
        let _ = self.child.wait();
    }
}
