//! Eve tries to get hold of the judge: by tracing it, by a signal, and by
//! writing the verdict herself.

use std::ffi::c_void;
use std::fs;

unsafe extern "C" {
    fn getppid() -> i32;
    fn kill(process: i32, signal: i32) -> i32;
    fn ptrace(request: i32, process: i32, address: *mut c_void, data: *mut c_void) -> i64;
}

const PTRACE_ATTACH: i32 = 16;
const SIGKILL: i32 = 9;

pub fn run(_port: u16) -> sockets::Result<()> {
    let nothing = std::ptr::null_mut();
    // SAFETY: the calls take numbers and null pointers.
    unsafe {
        let judge = getppid();
        println!("trace: {}", ptrace(PTRACE_ATTACH, judge, nothing, nothing));
        println!("kill: {}", kill(judge, SIGKILL));
    }
    for path in ["/lab/story/story.json", "/lab/checks", "/lab/bin/echo-iterative"] {
        println!("write {path}: {:?}", fs::write(path, r#"{"verdict":"passed"}"#).is_ok());
    }
    println!("test result: ok. 25 passed; 0 failed; 0 ignored");
    Ok(())
}
