//! A class of submissions: attacks, and honest ones between them.

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::left::Mark;
use crate::repository;

pub const ITERATIVE: &str = "09-echo-iterative";
pub const FORKING: &str = "10-echo-forking";

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

    /// Adds an attack that is run.
    pub fn running(&mut self, name: &str) {
        self.add(&format!("run/{name}"), name, ITERATIVE, true);
    }

    /// Adds an attack on the compiler.
    pub fn building(&mut self, name: &str) {
        self.add(&format!("build/{name}"), name, ITERATIVE, false);
    }

    /// Adds an attack for exercise 10.
    pub fn forking(&mut self, name: &str) {
        self.add(&format!("10/{name}"), name, FORKING, true);
    }

    /// Adds the solution of an exercise: it gets every point, wherever it stands.
    pub fn honest(&mut self, exercise: &str) {
        let solution = repository()
            .join("solutions")
            .join(exercise)
            .join("src/server.rs");
        let text = fs::read_to_string(solution).unwrap();
        self.write("honest", exercise, &text);
    }

    /// Adds a submission that nobody but its owner may read.
    pub fn closed(&mut self) {
        self.write("closed", ITERATIVE, "");
        let folder = self.path().join(format!("{:02}-closed", self.count));
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn add(&mut self, file: &str, name: &str, exercise: &str, with_prelude: bool) {
        let own = repository().join("xtask/tests/hostile");
        let mut text = fs::read_to_string(own.join(format!("{file}.rs"))).unwrap();
        if with_prelude {
            text += &fs::read_to_string(own.join("prelude.rs")).unwrap();
        }
        for (placeholder, value) in [
            ("@REPO@", repository().display().to_string()),
            ("@TARGET@", crate::target().display().to_string()),
            ("@MARK@", self.mark.text().to_owned()),
            ("@WRONG@", "let _: u8 = \"no number\";\n    ".repeat(5_000)),
            ("@PORT@", self.port.local_addr().unwrap().port().to_string()),
            ("@SOCKET@", self.socket.display().to_string()),
            ("0x4c41_4231", self.mark.key().to_string()),
        ] {
            text = text.replace(placeholder, &value);
        }
        self.write(name, exercise, &text);
    }

    /// Submissions are graded in the order of their names: in that of being added.
    fn write(&mut self, name: &str, exercise: &str, text: &str) {
        self.count += 1;
        let folder = self.path().join(format!("{:02}-{name}", self.count));
        let source = folder.join(exercise).join("src");
        fs::create_dir_all(&source).unwrap();
        fs::write(source.join("server.rs"), text).unwrap();
        readable(&folder);
    }
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
