//! Points in time as people write them: with an offset, or on the clocks of the
//! place where the course is given.

use std::fmt;

use jiff::civil::{Date, DateTime, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

/// A point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// `2026-11-20T23:59:00+01:00`, `2026-11-20T22:59:00Z`: the same everywhere.
    Exact(Timestamp),
    /// `2026-11-20 23:59`: what the clocks of the course show.
    Local(DateTime),
    /// `2026-11-20`: a day, of which the end is meant.
    Day(Date),
}

impl Moment {
    /// Reads one of the three forms; `T` or a blank stands between day and time.
    ///
    /// # Errors
    ///
    /// It is none; the text shows the forms.
    pub fn parse(text: &str) -> Result<Moment, String> {
        let text = text.trim();
        if !text.contains(':') {
            if let Ok(day) = text.parse::<Date>() {
                return Ok(Moment::Day(day));
            }
        } else if let Ok(exact) = text.parse::<Timestamp>() {
            return Ok(Moment::Exact(exact));
        } else if !text.contains(['Z', 'z', '+', '[']) {
            if let Ok(local) = text.parse::<DateTime>() {
                return Ok(Moment::Local(local));
            }
        }
        Err(format!(
            "{text:?} is no point in time; write 2026-11-20, 2026-11-20T23:59 or \
             2026-11-20T23:59:00+01:00"
        ))
    }

    /// When it is, on the clocks of a zone; none where it takes a zone to know
    /// and there is none.
    ///
    /// A time that the clocks skip in spring is moved behind the gap, one that
    /// they show twice in autumn is the first of the two.
    pub fn at(&self, zone: Option<&TimeZone>) -> Option<ZonedDateTime> {
        match self {
            // Where no zone is known, days are as long as they are in UTC.
            Moment::Exact(exact) => {
                Some(exact.to_zoned_datetime(zone.cloned().unwrap_or(TimeZone::UTC)))
            }
            Moment::Local(local) => local.to_zoned_datetime(zone?.clone()).ok(),
            Moment::Day(day) => {
                let end = day.to_datetime(time(23, 59, 59, 0));
                end.to_zoned_datetime(zone?.clone()).ok()
            }
        }
    }

    /// Whether it takes a time zone to know when it is.
    pub fn needs_a_zone(&self) -> bool {
        !matches!(self, Moment::Exact(_))
    }
}

/// How many days something came late: each that has begun counts.
///
/// A day lasts until the clocks show the same time again, so that a deadline at
/// 23:59 stays one when the clocks are changed. At most [`MOST_DAYS`].
pub fn days_late(deadline: &ZonedDateTime, came: &ZonedDateTime) -> u32 {
    if came <= deadline {
        return 0;
    }
    let day = |days: u32| deadline.checked_add(i64::from(days).days());
    // An estimate by elapsed time is at most a day off, whatever the clocks did.
    let hours = (came.timestamp().as_second() - deadline.timestamp().as_second()) / 3600;
    let guess = u32::try_from(hours / 24).unwrap_or(0).min(MOST_DAYS);
    (guess.saturating_sub(1)..=guess + 2)
        .find(|days| day(*days).is_ok_and(|end| *came <= end))
        .unwrap_or(MOST_DAYS)
        .clamp(1, MOST_DAYS)
}

/// More days than this make no difference any more.
pub const MOST_DAYS: u32 = 3650;

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Exact(exact) => write!(f, "{exact}"),
            Moment::Local(local) => write!(f, "{local}"),
            Moment::Day(day) => write!(f, "{day}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris(text: &str) -> ZonedDateTime {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        Moment::parse(text).unwrap().at(Some(&zone)).unwrap()
    }

    #[test]
    fn three_forms_are_read_and_others_are_not() {
        assert!(matches!(
            Moment::parse("2026-11-20T23:59:00+01:00"),
            Ok(Moment::Exact(_))
        ));
        assert!(matches!(
            Moment::parse("2026-11-20 23:59"),
            Ok(Moment::Local(_))
        ));
        assert!(matches!(Moment::parse("2026-11-20"), Ok(Moment::Day(_))));
        for text in [
            "",
            "20/11/2026",
            "2026-13-01",
            "tomorrow",
            "2026-11-20T25:00",
            "3",
        ] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_ends_at_its_last_second_where_the_course_is_given() {
        assert_eq!(paris("2026-11-20"), paris("2026-11-20T23:59:59"));
        assert_eq!(paris("2026-11-20T23:59:59"), paris("2026-11-20T22:59:59Z"));
        assert_eq!(Moment::parse("2026-11-20").unwrap().at(None), None);
    }

    #[test]
    fn each_day_that_has_begun_counts() {
        let deadline = paris("2026-11-20T23:59");
        for (came, days) in [
            ("2026-11-20T23:59", 0),
            ("2026-11-21T00:00", 1),
            ("2026-11-21T23:59", 1),
            ("2026-11-22T00:00", 2),
            ("2027-11-20T23:59", 365),
            ("2099-01-01T00:00", MOST_DAYS),
        ] {
            assert_eq!(days_late(&deadline, &paris(came)), days, "{came}");
        }
    }

    #[test]
    fn a_deadline_keeps_its_hour_when_the_clocks_change() {
        // On 25 October 2026 a day has 25 hours in Paris, on 29 March 23.
        let autumn = paris("2026-10-24T23:59");
        assert_eq!(days_late(&autumn, &paris("2026-10-25T23:59")), 1);
        assert_eq!(days_late(&autumn, &paris("2026-10-26T00:00")), 2);
        let spring = paris("2026-03-28T23:59");
        assert_eq!(days_late(&spring, &paris("2026-03-29T23:59")), 1);
        assert_eq!(days_late(&spring, &paris("2026-03-30T00:00")), 2);
    }
}
