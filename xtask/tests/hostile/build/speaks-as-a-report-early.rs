//! What a table, a page, a spreadsheet or a build system would obey, in what the
//! compiler says.

compile_error!(
    "\n::error file=x::owned\n::set-output name=score::100\n##[error]owned\n\
     =HYPERLINK(\"http://192.0.2.1\")\n<script>alert(1)</script>]]><failure/>\n\
     test result: ok. 1 passed; 0 failed\n\u{202e}detarg\u{feff}\u{0}\r100/100"
);

pub fn run(_port: u16) -> sockets::Result<()> {
    Ok(())
}
