//! An echo server with a watcher and a worker process a client.

fn main() {}
