//! Little source, very much code: functions that each call two others of a
//! larger type.

struct A<T>(std::marker::PhantomData<T>);
struct B<T>(std::marker::PhantomData<T>);

trait Grow {
    fn grow(depth: u32) -> u32;
}
impl<T> Grow for (T,) {
    fn grow(depth: u32) -> u32 {
        depth
    }
}

macro_rules! level {
    ($($name:ident $next:ident)*) => {
        $(
            #[inline(never)]
            fn $name<T>(depth: u32) -> u32 {
                $next::<A<T>>(depth + 1).wrapping_mul($next::<B<T>>(depth ^ 3))
            }
        )*
    };
}
level! { f00 f01 f01 f02 f02 f03 f03 f04 f04 f05 f05 f06 f06 f07 f07 f08 f08 f09 f09 f10 f10 f11
f11 f12 f12 f13 f13 f14 f14 f15 f15 f16 f16 f17 f17 f18 f18 f19 f19 f20 f20 f21 f21 f22 f22 f23 f23 f24 }
fn f24<T>(depth: u32) -> u32 {
    <(T,)>::grow(depth)
}

pub fn run(port: u16) -> sockets::Result<()> {
    println!("{}", f00::<u8>(port.into()));
    Ok(())
}
