//! A point in time as it is kept in files.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A point in time, to the second, in UTC: `2026-11-26T18:04:05Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(SystemTime);

impl Moment {
    /// The current second.
    pub fn now() -> Moment {
        Moment::from(SystemTime::now())
    }

    /// As people read it: `2026-11-26 18:04 UTC`.
    pub fn for_people(self) -> String {
        let text = self.to_string();
        // Neither is cut within a character: the text is ASCII.
        let (date, time) = text.split_once('T').unwrap_or((&text, ""));
        format!("{date} {} UTC", time.get(..5).unwrap_or(time))
    }

    /// As a part of a file's name, without colons: `20261126T180405Z`.
    pub fn for_names(self) -> String {
        self.to_string().replace(['-', ':'], "")
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Moment {
        let seconds = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Moment(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_seconds(self.0).fmt(f)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.to_string()
    }
}

impl TryFrom<String> for Moment {
    type Error = humantime::TimestampError;

    fn try_from(text: String) -> Result<Moment, humantime::TimestampError> {
        humantime::parse_rfc3339(&text).map(Moment::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_shown_in_three_ways() {
        let text = "2026-11-26T18:04:05Z";
        let moment = Moment::try_from(text.to_owned()).unwrap();
        assert_eq!(String::from(moment), text);
        assert_eq!(moment.for_people(), "2026-11-26 18:04 UTC");
        assert_eq!(moment.for_names(), "20261126T180405Z");
        assert!(Moment::try_from("yesterday".to_owned()).is_err());
    }
}
