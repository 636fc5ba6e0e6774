//! Would be run by the compiler, were it what it says.

#![crate_type = "proc-macro"]
#![plugin(evil)]
#![register_tool(evil)]

extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn evil(_input: TokenStream) -> TokenStream {
    std::fs::read_to_string("@REPO@/solutions/09-echo-iterative/src/server.rs").unwrap().parse().unwrap()
}

evil!();
