//! One line of most of a megabyte, with a mistake at its end: who quotes it, quotes
//! all of it.

pub fn run(_port: u16) -> sockets::Result<()> {
    let _text = "@LONG@"; let _: u8 = "no number";
    Ok(())
}
