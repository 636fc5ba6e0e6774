//! Bytes as text, two digits each. This file is given.

/// `[0x10, 0xe1]` → `10e1`.
pub fn write(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `10e1` → `[0x10, 0xe1]`.
pub fn read(text: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => Ok(digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()),
        Some(_) => Err("a byte is two hexadecimal digits, and here is half a byte".into()),
        None => Err("these are no hexadecimal digits".into()),
    }
}

fn digit(digit: char) -> Option<u8> {
    digit.to_digit(16).map(|value| value as u8)
}
