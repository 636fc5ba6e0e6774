//! Numbers with two decimals, as grades are: exact, and printed as people write
//! them.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A number from 0 on, counted in hundredths.
///
/// Binary fractions cannot say 0.1; a grade that was added up from them may
/// differ from what somebody finds by hand. These can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Hundredths(pub u64);

impl Hundredths {
    /// Nothing.
    pub const ZERO: Hundredths = Hundredths(0);
    /// A hundred: all of it, in per cent.
    pub const HUNDRED: Hundredths = Hundredths(10_000);

    /// A whole number.
    pub const fn whole(number: u32) -> Hundredths {
        Hundredths(number as u64 * 100)
    }

    /// `numerator` out of `denominator`, in hundredths, halves rounded up.
    /// Nothing out of nothing is nothing.
    pub(crate) fn ratio(numerator: u128, denominator: u128) -> Hundredths {
        if denominator == 0 {
            return Hundredths::ZERO;
        }
        let doubled = (numerator * 200).checked_div(denominator).unwrap_or(0);
        Hundredths(u64::try_from(doubled.div_ceil(2)).unwrap_or(u64::MAX))
    }

    /// Rounded to 0, 1 or 2 decimals, halves up.
    pub fn rounded(self, decimals: u8) -> Hundredths {
        let step = match decimals {
            0 => 100,
            1 => 10,
            _ => 1,
        };
        Hundredths((self.0 + step / 2) / step * step)
    }

    /// Reads `2`, `2.5` or `2.55`.
    ///
    /// # Errors
    ///
    /// It is no such number; the text says what it must be.
    pub fn parse(text: &str) -> Result<Hundredths, String> {
        let wrong = || format!("{text} is no number from 0 on with at most two decimals");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 9 || part.len() > 2 || !digits(whole) || !digits(part)
        {
            return Err(wrong());
        }
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let part = number(&format!("{part:0<2}"))?;
        Ok(Hundredths(number(whole)? * 100 + part))
    }

    /// The nearest number that JSON and JavaScript know.
    pub fn as_f64(self) -> f64 {
        // Both are whole and far below 2^53: the quotient is the double that
        // the two decimals are read as.
        self.0 as f64 / 100.0
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}"),
            part if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            part => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl<'de> Deserialize<'de> for Hundredths {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = Hundredths;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 on with at most two decimals")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Hundredths, E> {
                Hundredths::parse(&number.to_string()).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Hundredths, E> {
                // The shortest text that is read as this double: what was typed.
                Hundredths::parse(&number.to_string()).map_err(E::custom)
            }
        }
        source.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for (text, hundredths) in [("0", 0), ("12", 1200), ("12.5", 1250), ("12.05", 1205)] {
            assert_eq!(Hundredths::parse(text), Ok(Hundredths(hundredths)));
            assert_eq!(Hundredths(hundredths).to_string(), text);
        }
        for text in ["", "-1", "1.234", "1,5", "1e3", ".5", "NaN", "12345678901"] {
            assert!(Hundredths::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_up() {
        assert_eq!(Hundredths::ratio(1, 3), Hundredths(33));
        assert_eq!(Hundredths::ratio(2, 3), Hundredths(67));
        assert_eq!(Hundredths::ratio(1, 200), Hundredths(1));
        assert_eq!(Hundredths::ratio(1, 0), Hundredths::ZERO);
        assert_eq!(Hundredths(1249).rounded(0), Hundredths(1200));
        assert_eq!(Hundredths(1250).rounded(0), Hundredths(1300));
        assert_eq!(Hundredths(1245).rounded(1), Hundredths(1250));
        assert_eq!(Hundredths(1245).rounded(2), Hundredths(1245));
    }
}
