//! The types of numbers that travel. This file is given.

/// A type of number, by its width and its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type {
    /// What a command calls it.
    pub name: &'static str,
    /// How many bytes it has on the wire, from 1 to 8.
    pub size: usize,
    /// Whether it can be negative.
    pub signed: bool,
}

const TYPES: [Type; 7] = [
    unsigned("u8", 1),
    unsigned("u16", 2),
    unsigned("u32", 4),
    unsigned("u64", 8),
    signed("i16", 2),
    signed("i32", 4),
    signed("i64", 8),
];

impl Type {
    /// The type of that name.
    pub fn named(name: &str) -> Result<Type, String> {
        TYPES
            .into_iter()
            .find(|kind| kind.name == name)
            .ok_or_else(|| format!("there is no type {name}"))
    }
}

const fn unsigned(name: &'static str, size: usize) -> Type {
    let signed = false;
    Type { name, size, signed }
}

const fn signed(name: &'static str, size: usize) -> Type {
    let signed = true;
    Type { name, size, signed }
}
