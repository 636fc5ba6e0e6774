//! What a table, a page, a spreadsheet or a build system would obey, in what the
//! program says.

pub fn run(_port: u16) -> sockets::Result<()> {
    for line in [
        "::error file=x::owned",
        "::set-output name=score::100",
        "##[error]owned",
        "=HYPERLINK(\"http://192.0.2.1\")",
        "<script>alert(1)</script>]]><failure/>",
        "test result: ok. 1 passed; 0 failed",
        "\u{202e}detarg\u{feff}\0\r100/100",
        "@SUM(1)\t+1\t-1",
    ] {
        println!("{line}");
        eprintln!("{line}");
    }
    std::process::exit(4)
}
