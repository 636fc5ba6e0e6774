//! Generic functions that need each other with ever larger types.

trait Grow {
    fn grow(depth: usize) -> usize;
}

impl<T> Grow for Vec<T>
where
    Vec<(T, T)>: Grow,
{
    fn grow(depth: usize) -> usize {
        <Vec<(T, T)> as Grow>::grow(depth + 1)
    }
}

fn larger<T: 'static>(depth: usize, it: T) -> usize {
    if depth == 0 { 0 } else { larger(depth - 1, (std::any::TypeId::of::<T>(), it)) }
}

pub fn run(port: u16) -> sockets::Result<()> {
    println!("{} {}", larger(usize::from(port), 1), <Vec<u8> as Grow>::grow(0));
    Ok(())
}
