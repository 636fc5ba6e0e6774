//! Nests expressions so deep that whoever reads them runs out of stack.

pub fn run(_port: u16) -> sockets::Result<()> {
    let _ = @DEEP@1;
    Ok(())
}
