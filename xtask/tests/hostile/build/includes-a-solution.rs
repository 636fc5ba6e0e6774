//! Includes the solution, by every path that could lead there.

const BY_ROOT: &str = include_str!("@REPO@/solutions/09-echo-iterative/src/server.rs");
const BY_PARENT: &str = include_str!("../../../solutions/09-echo-iterative/src/server.rs");
const FURTHER: &str = include_str!("../../../../../solutions/09-echo-iterative/src/server.rs");
const BY_LAB: &str = include_str!("/lab/solutions/09-echo-iterative/src/server.rs");
const BY_PROCESS: &str =
    include_str!("/proc/1/root/@REPO@/solutions/09-echo-iterative/src/server.rs");
const BY_FOLDER: &str = include_str!("/proc/self/cwd/../solutions/09-echo-iterative/src/server.rs");
const GIVEN: &str = include_str!("@REPO@/exercises/09-echo-iterative/tests/checks.rs");

pub fn run(_port: u16) -> sockets::Result<()> {
    println!("{BY_ROOT}{BY_PARENT}{FURTHER}{BY_LAB}{BY_PROCESS}{BY_FOLDER}{GIVEN}");
    Ok(())
}
