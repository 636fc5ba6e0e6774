//! A program that the testbed's own tests judge: its first argument says how
//! it behaves.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::exit;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let port: u16 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    match mode.as_str() {
        "end" => exit(i32::from(port)),
        "abort" => std::process::abort(),
        "panic" => panic!("a slice of nothing"),
        "spin" => spin(),
        "flood" => loop {
            println!("{}", "y".repeat(1 << 16));
        },
        "silent" => serve(port, false),
        "echo" => serve(port, true),
        "read-input" => {
            let mut input = Vec::new();
            let _ = std::io::stdin().read_to_end(&mut input);
            print!("{}", input.len());
        }
        "daemon" => {
            // A grandchild in a session of its own that keeps the terminal.
            let _ = std::process::Command::new("setsid")
                .args(["sleep", "20"])
                .spawn();
        }
        other => panic!("no mode {other:?}"),
    }
}

fn serve(port: u16, echo: bool) {
    let listener = TcpListener::bind(("0.0.0.0", port)).expect("the port is free");
    for client in listener.incoming().flatten() {
        answer(client, echo);
    }
}

fn answer(mut client: TcpStream, echo: bool) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        if echo {
            let _ = client.write_all(&buffer[..n]);
        }
    }
}

fn spin() -> ! {
    let mut n: u64 = 0;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}
