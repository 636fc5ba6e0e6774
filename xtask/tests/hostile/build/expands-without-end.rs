//! Macros that double what they are given, a hundred times over.

macro_rules! double {
    ([] $($all:tt)*) => { 0 };
    ([$first:tt $($count:tt)*] $($all:tt)*) => { double!([$($count)*] $($all)* $($all)*) };
}

pub fn run(_port: u16) -> sockets::Result<()> {
    let _: u32 = double!([
        . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .
        . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . .
    ] x);
    Ok(())
}
