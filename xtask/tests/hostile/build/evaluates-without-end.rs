//! A constant that takes for ever to evaluate.

#[allow(long_running_const_eval)]
const ANSWER: u64 = {
    let mut n = 0u64;
    while n < u64::MAX {
        n += 1;
        n -= n % 2;
    }
    n
};

pub fn run(_port: u16) -> sockets::Result<()> {
    println!("{ANSWER}");
    Ok(())
}
