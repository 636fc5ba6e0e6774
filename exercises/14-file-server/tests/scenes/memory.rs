//! A file that is larger than the memory that it may take.

use super::client::asked_for_all;
use super::folder::*;
use testbed::client::scripted;
use testbed::messages::files::{Files, Large, block, expect_blocks, get, size};
use testbed::messages::{comes, header};
use testbed::prelude::*;

/// More memory than this a transfer shall not take, in bytes.
pub const LITTLE: u64 = 16 << 20;

/// 256 MiB.
const CHUNKS: u64 = 4096;

/// The most memory that the program, or one of its processes, has had.
pub fn peak(program: &Program) -> Outcome<u64> {
    let observer = program.observe();
    let mut most = observer.memory_peak()?;
    for process in observer.descendants()? {
        // One that has ended meanwhile is not looked at.
        if let Ok(peak) = observer.of(process).memory_peak() {
            most = most.max(peak);
        }
    }
    Ok(most)
}

/// It took little more memory than before.
fn took_little(lab: &Lab, program: &Program, before: u64) -> Outcome {
    lab.step("the most memory that it had had (VmHWM) was compared with that before");
    lab.settle();
    let more = peak(program)?.saturating_sub(before);
    lab.require(
        more < LITTLE,
        "it takes less than 16 MiB for a file of 256 MiB",
        "It took more.",
    )
}

pub fn server_sends_256_mib_in_little_memory(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let mut large = Large::new(lab, CHUNKS);
    large.make(lab, &files, "files/large")?;
    let server = serving(lab, &files)?;
    let mut ada = comes(lab, "ada")?;
    gets_hello(lab, &mut ada)?;
    let before = peak(&server)?;
    lab.step("ada asked for a file of 256 MiB");
    ada.send(&get(0, "large"))?;
    ada.expect(&size(large.size))?;
    expect_blocks(lab, &mut ada, large.size, |at, piece| {
        large.compare(at, piece)
    })?;
    took_little(lab, &server, before)
}

pub fn client_takes_256_mib_in_little_memory(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let mut large = Large::new(lab, CHUNKS);
    let out = Some(files.argument("out"));
    let (mut client, mut server) = asked_for_all(lab, &listening, "large", out)?;
    let before = peak(&client)?;
    lab.step("the server sent a file of 256 MiB, all but the empty block");
    server.send_piece(&size(large.size))?;
    let mut bytes = Vec::new();
    for index in 0..CHUNKS {
        bytes.clear();
        bytes.extend(header(145, Large::CHUNK as u32));
        bytes.extend_from_slice(large.chunk(index));
        server.send_piece(&bytes)?;
    }
    server.let_it_read();
    took_little(lab, &client, before)?;
    server.send(&block(b""))?;
    client.expect_exit(0)?;
    large.expect(lab, &files, "out")
}
