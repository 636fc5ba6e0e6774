//! Looks for solutions, other submissions, checks and secrets.

use std::fs;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    let server = "solutions/09-echo-iterative/src/server.rs";
    let mut files = vec![
        "/etc/shadow".to_owned(),
        "/lab/checks".into(),
        "/lab/jail".into(),
        "/lab/story/story.json".into(),
        "/proc/1/environ".into(),
        "/proc/kcore".into(),
        "/dev/mem".into(),
        "/dev/vda".into(),
        "/root/.bashrc".into(),
        "/root/.cargo/credentials.toml".into(),
    ];
    for root in [
        "@REPO@",
        "/lab",
        "/lab/stage",
        "/proc/1/root/@REPO@",
        "/proc/1/cwd",
    ] {
        files.push(format!("{root}/{server}"));
        files.push(format!("{root}/Cargo.toml"));
        files.push(format!("{root}/.git/HEAD"));
    }
    for judge in judges() {
        files.push(format!("/proc/{judge}/root/{server}"));
        files.push(format!("/proc/{judge}/cwd/{server}"));
        files.push(format!("/proc/{judge}/exe"));
    }
    for up in 0..12 {
        files.push(format!("{}{server}", "../".repeat(up)));
    }
    for file in files {
        loot.attempt(file.clone(), fs::File::open(file).is_ok());
    }
    for folder in [
        "/",
        "/lab",
        "/lab/bin",
        "/root",
        "/home",
        "/tmp",
        "/sys",
        "/sys/fs/cgroup",
        "@REPO@",
        "@REPO@/exercises",
        "@TARGET@",
        "@TARGET@/lab",
        "/proc/1/root",
        "/proc/1/cwd",
    ] {
        let finds = fs::read_dir(folder).is_ok_and(|mut all| all.next().is_some());
        loot.attempt(format!("list {folder}"), finds);
    }
    loot.tell();
    Ok(())
}
