//! From the bytes that a terminal sends to the keys that were pressed.
//!
//! A key is one byte, a character of UTF-8, or a sequence that begins with the
//! byte of Escape (ECMA-48, section 5.4). Over a slow line a sequence arrives in
//! pieces; so nothing is decided before its last byte is there, or it is known
//! that nothing more comes.

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// One that writes a character.
    Char(char),
    /// A letter with Control held.
    Control(char),
    /// Return.
    Enter,
    /// Escape alone.
    Escape,
    /// The arrow.
    Up,
    /// The arrow.
    Down,
    /// A page towards the beginning.
    PageUp,
    /// A page towards the end.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A key that has no meaning here.
    Unknown,
}

/// Takes bytes as they come, and gives keys.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What is no whole key yet.
    pending: Vec<u8>,
}

/// What the pending bytes begin with.
enum Found {
    /// A key of so many bytes.
    Key(Key, usize),
    /// The beginning of one.
    Incomplete,
}

/// The longest sequence that is waited for; what is longer is no key.
const LONGEST: usize = 16;

impl Decoder {
    /// Takes what was read, and gives the keys that are whole.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.pending.extend_from_slice(bytes);
        let mut keys = Vec::new();
        while !self.pending.is_empty() {
            let Found::Key(key, length) = first(&self.pending) else {
                break;
            };
            self.pending.drain(..length);
            keys.push(key);
        }
        keys
    }

    /// Whether the beginning of a key waits for its rest.
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Nothing more has come: what waits is decided. An Escape is the key; what
    /// came behind it is read on its own.
    pub fn decide(&mut self) -> Vec<Key> {
        let pending = std::mem::take(&mut self.pending);
        match pending.split_first() {
            None => Vec::new(),
            Some((&ESCAPE, rest)) => {
                let mut keys = vec![Key::Escape];
                keys.extend(self.feed(rest));
                keys
            }
            Some((_, rest)) => {
                let mut keys = vec![Key::Unknown];
                keys.extend(self.feed(rest));
                keys
            }
        }
    }
}

const ESCAPE: u8 = 0x1b;

fn first(bytes: &[u8]) -> Found {
    match bytes[0] {
        ESCAPE => sequence(bytes),
        b'\r' | b'\n' => Found::Key(Key::Enter, 1),
        byte @ 1..=26 => Found::Key(Key::Control((b'a' + byte - 1).into()), 1),
        byte if byte < 0x20 || byte == 0x7f => Found::Key(Key::Unknown, 1),
        byte if byte < 0x80 => Found::Key(Key::Char(byte.into()), 1),
        _ => character(bytes),
    }
}

/// A character of more than one byte.
fn character(bytes: &[u8]) -> Found {
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Found::Key(Key::Unknown, 1),
    };
    let there = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(there) {
        Ok(text) => {
            let key = text.chars().next().map_or(Key::Unknown, Key::Char);
            Found::Key(key, length)
        }
        Err(error) if error.error_len().is_none() => Found::Incomplete,
        Err(_) => Found::Key(Key::Unknown, 1),
    }
}

/// `ESC [ parameters final`, or `ESC O final`.
fn sequence(bytes: &[u8]) -> Found {
    let Some(&kind) = bytes.get(1) else {
        return Found::Incomplete;
    };
    let inside = match kind {
        b'[' | b'O' => &bytes[2..],
        // Escape, and then another key.
        _ => return Found::Key(Key::Escape, 1),
    };
    let end = inside.iter().position(|byte| !(0x20..=0x3f).contains(byte));
    let Some(end) = end else {
        if bytes.len() > LONGEST {
            return Found::Key(Key::Unknown, bytes.len());
        }
        return Found::Incomplete;
    };
    // A modifier (`;5`) changes nothing.
    let parameters = inside[..end].split(|&byte| byte == b';').next();
    let key = match (inside[end], parameters.unwrap_or_default()) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'H', _) | (b'~', b"1" | b"7") => Key::Home,
        (b'F', _) | (b'~', b"4" | b"8") => Key::End,
        (b'~', b"5") => Key::PageUp,
        (b'~', b"6") => Key::PageDown,
        // No byte that ends a sequence: the sequence was cut off.
        (byte, _) if !(0x40..=0x7e).contains(&byte) => return Found::Key(Key::Unknown, end + 2),
        _ => Key::Unknown,
    };
    Found::Key(key, end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<Key> {
        let mut decoder = Decoder::default();
        let mut keys: Vec<Key> = pieces
            .iter()
            .flat_map(|bytes| decoder.feed(bytes))
            .collect();
        while decoder.is_waiting() {
            keys.extend(decoder.decide());
        }
        keys
    }

    const TYPED: &[u8] =
        "nj\x1b[A\x1bOB\x1b[5~\x1b[6;5~\x1b[1;2H\x1b[F\u{e9}\u{20ac}\x03\r\x1b[200~q".as_bytes();

    #[test]
    fn keys_are_known_by_their_sequences() {
        assert_eq!(
            all(&[TYPED]),
            [
                Key::Char('n'),
                Key::Char('j'),
                Key::Up,
                Key::Down,
                Key::PageUp,
                Key::PageDown,
                Key::Home,
                Key::End,
                Key::Char('é'),
                Key::Char('€'),
                Key::Control('c'),
                Key::Enter,
                Key::Unknown,
                Key::Char('q'),
            ]
        );
    }

    #[test]
    fn however_they_are_cut_the_keys_are_the_same() {
        let whole = all(&[TYPED]);
        for cut in 0..=TYPED.len() {
            assert_eq!(all(&[&TYPED[..cut], &TYPED[cut..]]), whole, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = TYPED.chunks(1).collect();
        assert_eq!(all(&bytes), whole);
    }

    #[test]
    fn an_escape_behind_which_nothing_comes_is_the_key() {
        assert_eq!(all(&[b"\x1b"]), [Key::Escape]);
        assert_eq!(all(&[b"\x1bq"]), [Key::Escape, Key::Char('q')]);
        assert_eq!(all(&[b"\x1b\x1b"]), [Key::Escape, Key::Escape]);
    }

    #[test]
    fn no_bytes_make_it_wait_for_ever_or_eat_the_key_behind() {
        for junk in [
            &b"\x1b[99999999999999999999"[..],
            b"\xff",
            b"\xc3(",
            b"\xe2\x82",
            b"\x1b[\x01",
            b"\x1b[1;\xff",
            b"\x00",
        ] {
            let keys = all(&[junk, b"\rq"]);
            assert_eq!(keys.last(), Some(&Key::Char('q')), "{junk:x?}: {keys:?}");
        }
    }
}
