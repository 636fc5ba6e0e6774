//! The bug bank.
