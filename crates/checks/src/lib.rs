//! The checks of all exercises, built without the programs that they judge.
