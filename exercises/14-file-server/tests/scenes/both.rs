//! The client and the server together.

use super::folder::*;
use testbed::messages::files::Large;
use testbed::prelude::*;

pub fn client_and_server_work_together(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let mut large = Large::new(lab, 100);
    large.make(lab, &files, "files/large")?;
    let long = "n".repeat(255);
    let names = ["a b.txt", "été.txt", &long];
    for name in names {
        files.file(lab, &format!("files/{name}"), name.as_bytes())?;
    }
    let _server = serving(lab, &files)?;
    let port = lab.port().to_string();
    let client = |name: &str, out: &str| {
        let client = lab.program(CLIENT).args(["127.0.0.1", &port, name]);
        client.arg(files.argument(out)).run()
    };
    client("hello.txt", "out")?.exited(0)?;
    files.expect(lab, "out", HELLO)?;
    client("large", "large")?.exited(0)?;
    large.expect(lab, &files, "large")?;
    for (name, out) in names.into_iter().zip(["blank", "accents", "long"]) {
        if name.len() == 255 {
            lab.step("the next NAME has 255 letters, as many as a name can have");
        }
        client(name, out)?.exited(0)?;
        files.expect(lab, out, name.as_bytes())?;
    }
    client("missing.txt", "missing")?.exited(1)?;
    files.expect_none(lab, "missing")
}
