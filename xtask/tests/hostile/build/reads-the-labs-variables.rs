//! Asks for variables of the lab while it is compiled.

include!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../solutions/09-echo-iterative/src/server.rs"
));
const SEED: &str = env!("LAB_SEED");
const STORY: &str = env!("LAB_STORY");
const TIER: &str = env!("LAB_TIER");
const CELL: &str = env!("LAB_CELL");
const TARGET: &str = env!("CARGO_TARGET_DIR");
const WHO: &str = env!("USER");
