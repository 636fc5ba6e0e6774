//! A part of what is to be judged, so that several runs share the whole.

/// Which of many things are judged: every `of`-th, from number `part` on, both
/// counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// The first one.
    pub part: usize,
    /// In how many parts the whole is cut.
    pub of: usize,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { part: 1, of: 1 };

    /// Reads `2/4`.
    ///
    /// ```
    /// use grader::shard::Shard;
    ///
    /// assert_eq!(Shard::parse("2/4"), Some(Shard { part: 2, of: 4 }));
    /// assert_eq!(Shard::parse("5/4"), None);
    /// assert_eq!(Shard::parse("0/4"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Shard> {
        let (part, of) = text.split_once('/')?;
        let (part, of) = (part.parse().ok()?, of.parse().ok()?);
        (1..=of).contains(&part).then_some(Shard { part, of })
    }

    /// The things of this part.
    pub fn share<T>(self, all: Vec<T>) -> Vec<T> {
        let all = all.into_iter().enumerate();
        all.filter(|(index, _)| self.has(*index))
            .map(|(_, one)| one)
            .collect()
    }

    /// Whether the thing with this index, counted from 0, is of this part.
    pub fn has(self, index: usize) -> bool {
        index % self.of == self.part - 1
    }
}
