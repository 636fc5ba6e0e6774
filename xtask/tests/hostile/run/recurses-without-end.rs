//! Calls itself until its stack is used up.

fn deeper(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 512]);
    std::hint::black_box(deeper(depth + 1)) + room[511]
}

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    println!("{}", deeper(0));
    Ok(())
}
