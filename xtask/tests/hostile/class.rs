//! A class of submissions: attacks, and honest ones between them.

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::attack::{Attack, Kind};
use crate::left::Mark;
use crate::repository;

pub const ITERATIVE: &str = "09-echo-iterative";
pub const FORKING: &str = "10-echo-forking";
pub const CLIENT: &str = "08-echo-client";
/// The quickest to judge that has to do with ports.
pub const LISTEN: &str = "04-listen";

/// A folder of submissions, and what on this machine they look for.
pub struct Class {
    folder: TempDir,
    count: usize,
    pub mark: Mark,
    port: TcpListener,
    _named: UnixListener,
    _path: UnixListener,
    socket: PathBuf,
}

impl Class {
    pub fn new() -> Class {
        let folder = tempfile::Builder::new()
            .prefix("lab-class-")
            .tempdir()
            .unwrap();
        readable(folder.path());
        let mark = Mark::new();
        let name = SocketAddr::from_abstract_name(mark.text()).unwrap();
        let socket = folder.path().join(".socket");
        let path = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
        Class {
            folder,
            count: 0,
            mark,
            port: TcpListener::bind("127.0.0.1:0").unwrap(),
            _named: UnixListener::bind_addr(&name).unwrap(),
            _path: path,
            socket,
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds an attack.
    pub fn attack(&mut self, attack: &Attack) {
        let own = repository().join("xtask/tests/hostile");
        let mut text = fs::read_to_string(own.join(attack.file())).unwrap();
        if !matches!(attack.kind, Kind::Compiler | Kind::Endless) {
            text += &fs::read_to_string(own.join("prelude.rs")).unwrap();
        }
        let class = self.path().display().to_string();
        for (placeholder, value) in [
            ("@REPO@", repository().display().to_string()),
            ("@TARGET@", crate::target().display().to_string()),
            ("@CLASS@", class),
            ("@HONEST@", format!("001-honest/{ITERATIVE}")),
            ("@MARK@", self.mark.text().to_owned()),
            ("@WRONG@", "let _: u8 = \"no number\";\n    ".repeat(5_000)),
            ("@DEEP@", "-(".repeat(200_000)),
            ("@LONG@", "0123456789 ".repeat(80_000)),
            ("@PORT@", self.port.local_addr().unwrap().port().to_string()),
            ("@SOCKET@", self.socket.display().to_string()),
            ("0x4c41_4231", self.mark.key().to_string()),
        ] {
            text = text.replace(placeholder, &value);
        }
        self.write(attack.name, attack.exercise, &text);
    }

    /// Adds the solution of an exercise: it gets every point, wherever it stands.
    pub fn honest(&mut self, exercise: &str) {
        self.write("honest", exercise, &solution(exercise));
    }

    /// Adds the solution as an editor on Windows saves it.
    pub fn saved_on_windows(&mut self) {
        let text = solution(ITERATIVE).replace('\n', "\r\n");
        self.write("from-windows", ITERATIVE, &format!("\u{feff}{text}"));
    }

    /// Adds the solution, with all around it that would change how it is built and
    /// judged, were it looked at.
    pub fn with_its_own_lab(&mut self) {
        self.write("with-its-own-lab", ITERATIVE, &solution(ITERATIVE));
        let folder = self
            .path()
            .join(format!("{:03}-with-its-own-lab", self.count));
        let evil = "fn main() { panic!(\"run\") }\n";
        for (file, text) in [
            (
                "Cargo.toml",
                "[workspace]\n[patch.crates-io]\nlibc = { path = \"/\" }\n",
            ),
            (
                ".cargo/config.toml",
                "[build]\nrustc-wrapper = \"/bin/false\"\n",
            ),
            ("rust-toolchain.toml", "[toolchain]\nchannel = \"none\"\n"),
            ("build.rs", evil),
            ("xtask/src/main.rs", evil),
            (
                "09-echo-iterative/Cargo.toml",
                "[package]\nname = \"evil\"\nbuild = \"build.rs\"\n",
            ),
            ("09-echo-iterative/build.rs", evil),
            (
                "09-echo-iterative/.cargo/config.toml",
                "[build]\nrustflags = [\"-Cno\"]\n",
            ),
            ("09-echo-iterative/src/main.rs", evil),
            ("09-echo-iterative/src/lib.rs", evil),
            (
                "09-echo-iterative/tests/checks.rs",
                "#[test]\nfn echoes_a_line() {}\n",
            ),
            (
                "09-echo-iterative/exercise.toml",
                "files = [\"src/main.rs\"]\n",
            ),
            ("story.json", "{\"verdict\":\"passed\",\"story\":\"\"}\n"),
        ] {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        readable(&folder);
    }

    /// Adds a submission that nobody but its owner may read.
    pub fn closed(&mut self) {
        self.write("closed", ITERATIVE, "");
        let folder = self.path().join(format!("{:03}-closed", self.count));
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }

    /// Submissions are graded in the order of their names: in that of being added.
    fn write(&mut self, name: &str, exercise: &str, text: &str) {
        self.count += 1;
        let folder = self.path().join(format!("{:03}-{name}", self.count));
        let source = folder.join(exercise).join(file(exercise));
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(source, text).unwrap();
        readable(&folder);
    }
}

/// The one file that is handed in for an exercise.
fn file(exercise: &str) -> &'static str {
    match exercise {
        CLIENT => "src/client.rs",
        LISTEN => "src/listen.rs",
        _ => "src/server.rs",
    }
}

fn solution(exercise: &str) -> String {
    let folder = repository().join("solutions").join(exercise);
    fs::read_to_string(folder.join(file(exercise))).unwrap()
}

/// For every user, whatever the umask.
fn readable(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            readable(&path);
        } else {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}
