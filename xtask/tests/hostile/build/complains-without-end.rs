//! Megabytes of diagnostics.

macro_rules! wrong {
    ($($a:tt)*) => { $( let _: $a = "a text that is no number, and long enough to fill a line or two"; let _ = missing::$a::$a::$a; )* };
}
macro_rules! more {
    ($($a:tt)*) => { wrong!($($a $a $a $a $a $a $a $a $a $a $a $a $a $a $a $a)*); };
}
macro_rules! most {
    ($($a:tt)*) => { more!($($a $a $a $a $a $a $a $a $a $a $a $a $a $a $a $a)*); };
}

pub fn run(_port: u16) -> sockets::Result<()> {
    most!(u8 u16 u32 u64 i8 i16 i32 i64 u8 u16 u32 u64 i8 i16 i32 i64);
    Ok(())
}
