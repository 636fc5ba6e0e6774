//! From the text of a `grading.toml` to a policy.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::{Advanced, Due, Error, Late, Policy, Show};
use crate::hundredths::Hundredths;
use crate::moment::Moment;
use crate::naming::means;

/// The most that a scale or a weight may be: what is above is a slip.
const MOST: Hundredths = Hundredths::whole(1_000_000);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    #[serde(default = "hundred")]
    out_of: Spanned<Hundredths>,
    #[serde(default)]
    decimals: Decimals,
    #[serde(default)]
    show: Show,
    #[serde(default)]
    advanced: Advanced,
    #[serde(default)]
    repeat: Repeat,
    time_zone: Option<Zone>,
    deadline: Option<Spanned<Time>>,
    #[serde(default)]
    late: WrittenLate,
    exercises: Option<BTreeMap<Spanned<String>, WrittenDue>>,
}

fn hundred() -> Spanned<Hundredths> {
    Spanned::new(0..0, Hundredths::HUNDRED)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenLate {
    #[serde(default)]
    per_day: Share,
    #[serde(default)]
    grace: Grace,
    #[serde(default)]
    floor: Share,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDue {
    #[serde(default = "one")]
    weight: Hundredths,
    deadline: Option<Spanned<Time>>,
}

fn one() -> Hundredths {
    Hundredths::whole(1)
}

/// From 0 to 2.
struct Decimals(u8);

impl Default for Decimals {
    fn default() -> Self {
        Decimals(2)
    }
}

impl<'de> Deserialize<'de> for Decimals {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        match u8::deserialize(source)? {
            few @ 0..=2 => Ok(Decimals(few)),
            _ => Err(de::Error::custom("decimals are 0, 1 or 2")),
        }
    }
}

/// From 0 to 20.
#[derive(Default)]
struct Repeat(u32);

impl<'de> Deserialize<'de> for Repeat {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        match u32::deserialize(source)? {
            few @ 0..=20 => Ok(Repeat(few)),
            _ => Err(de::Error::custom(
                "a failed check is repeated up to 20 times",
            )),
        }
    }
}

/// Per cent, from 0 to 100.
#[derive(Default)]
struct Share(Hundredths);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let share = Hundredths::deserialize(source)?;
        if share > Hundredths::HUNDRED {
            return Err(de::Error::custom("it is a percentage: 100 at most"));
        }
        Ok(Share(share))
    }
}

struct Zone(TimeZone);

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let name = String::deserialize(source)?;
        TimeZone::get(&name).map(Zone).map_err(|_| {
            de::Error::custom(format!(
                "no time zone is called {name:?}; they are called Europe/Paris or UTC"
            ))
        })
    }
}

/// Minutes: `15m`, `2h`.
#[derive(Default)]
struct Grace(u32);

impl<'de> Deserialize<'de> for Grace {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        let number = |text: &str| text.trim().parse::<u16>().ok().map(u32::from);
        let minutes = match (text.strip_suffix('m'), text.strip_suffix('h')) {
            (Some(minutes), _) => number(minutes),
            (_, Some(hours)) => number(hours).map(|hours| hours * 60),
            _ => None,
        };
        minutes
            .map(Grace)
            .ok_or_else(|| de::Error::custom("grace is \"15m\" or \"2h\""))
    }
}

/// A moment, in quotes or as TOML's own kind of date.
struct Time(Moment);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = match toml::Value::deserialize(source)? {
            toml::Value::String(text) => text,
            toml::Value::Datetime(date) => date.to_string(),
            _ => return Err(de::Error::custom("a point in time is text, or a date")),
        };
        Moment::parse(&text).map(Time).map_err(de::Error::custom)
    }
}

pub fn policy(text: &str, ids: &[&str]) -> Result<Policy, Error> {
    // As an editor may put it there, and no part of the first key.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let written: Written = toml::from_str(text).map_err(|error| in_one_line(text, &error))?;
    let fault = |at: usize, what: String| {
        let line = line_of(text, at);
        Error(format!("line {line}: {what}"))
    };
    let zone = written.time_zone.map(|zone| zone.0);
    let moment = |time: Option<Spanned<Time>>| match time {
        Some(time) if zone.is_none() && time.get_ref().0.needs_a_zone() => Err(fault(
            time.span().start,
            "on whose clocks? Name an offset (+01:00) or a time-zone".into(),
        )),
        time => Ok(time.map(|time| time.into_inner().0)),
    };
    let deadline = moment(written.deadline)?;
    let scale = *written.out_of.get_ref();
    if scale == Hundredths::ZERO || scale > MOST {
        let at = written.out_of.span().start;
        return Err(fault(
            at,
            format!("out-of is more than 0, and {MOST} at most"),
        ));
    }
    let exercises = match written.exercises {
        None => None,
        Some(named) => {
            let mut exercises = BTreeMap::new();
            for (name, due) in named {
                let at = name.span().start;
                let id = exercise(name.get_ref(), ids).map_err(|what| fault(at, what))?;
                if due.weight > MOST {
                    return Err(fault(at, format!("a weight is {MOST} at most")));
                }
                let due = Due {
                    weight: due.weight,
                    deadline: moment(due.deadline)?.or_else(|| deadline.clone()),
                };
                if exercises.insert(id.clone(), due).is_some() {
                    return Err(fault(at, format!("{id} is named twice")));
                }
            }
            if exercises.values().all(|due| due.weight == Hundredths::ZERO) {
                return Err(Error(
                    "no exercise has a weight: nothing would count".into(),
                ));
            }
            Some(exercises)
        }
    };
    Ok(Policy {
        out_of: scale,
        decimals: written.decimals.0,
        show: written.show,
        advanced: written.advanced,
        repeat: written.repeat.0,
        late: Late {
            per_day: written.late.per_day.0,
            grace: written.late.grace.0,
            floor: written.late.floor.0,
        },
        zone,
        deadline,
        exercises,
    })
}

/// The id of the exercise that somebody means.
fn exercise(name: &str, ids: &[&str]) -> Result<String, String> {
    let meant = ids.iter().find(|id| means(name, id));
    meant
        .map(|id| (*id).to_owned())
        .ok_or_else(|| format!("there is no exercise {name:?}"))
}

/// What the reader of TOML says, as everything else that is wrong is said.
fn in_one_line(text: &str, error: &toml::de::Error) -> Error {
    let what = error.message().trim_end().replace('\n', "; ");
    Error(match error.span() {
        Some(span) => format!("line {}: {what}", line_of(text, span.start)),
        None => what,
    })
}

/// The number of the line on which a byte is.
fn line_of(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::super::EXAMPLE;
    use super::*;

    const IDS: [&str; 3] = ["01-resolve", "09-echo-iterative", "10-echo-forking"];

    #[test]
    fn the_example_is_a_policy() {
        let policy = Policy::parse(EXAMPLE, &IDS).unwrap();
        assert_eq!(policy.out_of, Hundredths::whole(20));
        assert_eq!(policy.show, Show::Verdicts);
        assert_eq!(policy.advanced, Advanced::Bonus);
        assert_eq!((policy.repeat, policy.late.grace), (3, 15));
        assert_eq!(policy.due("01-resolve").unwrap().weight, Hundredths(50));
        let own = policy.due("09-echo-iterative").unwrap().deadline;
        assert_eq!(own, Some(Moment::parse("2026-11-20T23:59").unwrap()));
        assert_eq!(
            policy.due("10-echo-forking").unwrap().deadline,
            policy.deadline
        );
        assert_eq!(policy.due("11-stop"), None);
    }

    #[test]
    fn the_example_says_what_holds_without_each_key() {
        let defaults = "out-of = 100\ndecimals = 2\nshow = 'full'\nadvanced = 'off'\n\
                        repeat = 0\n[late]\nper-day = 0\ngrace = '0m'\nfloor = 0\n";
        let policy = Policy::parse(defaults, &IDS).unwrap();
        assert_eq!(policy, Policy::default());
        assert_eq!(policy, Policy::parse("", &IDS).unwrap());
        // Every line that sets a key stands below what it means without.
        let keys = EXAMPLE
            .lines()
            .filter(|line| line.contains(" = ") && !line.starts_with(['#', '0', '1']));
        let explained = EXAMPLE.matches("default:").count();
        // All keys but time-zone have one, the comment at the top speaks of them,
        // and a weight has one too.
        assert_eq!(explained, keys.count() - 1 + 2);
    }

    #[test]
    fn a_date_needs_no_quotes() {
        let policy = Policy::parse("deadline = 2026-11-20T23:59:00+01:00\n", &IDS).unwrap();
        assert!(matches!(policy.deadline, Some(Moment::Exact(_))));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line, part) in [
            ("\nout_of = 20\n", 2, "unknown field `out_of`"),
            ("\n\n[late]\nperday = 1\n", 4, "unknown field `perday`"),
            (
                "[exercises]\n09 = { weigth = 1 }\n",
                2,
                "unknown field `weigth`",
            ),
            ("[exercises]\n\n42 = {}\n", 3, "no exercise \"42\""),
            ("[exercises]\n09 = {}\n9 = {}\n", 0, "named twice"),
            (
                "[exercises]\n09 = { weight = 0 }\n",
                0,
                "nothing would count",
            ),
            ("[exercises]\n09 = { weight = 0.123 }\n", 2, "two decimals"),
            ("[exercises]\n09 = { weight = -1 }\n", 2, "from 0 on"),
            ("\ndeadline = '2026-11-20'\n", 2, "whose clocks"),
            ("deadline = 'soon'\n", 1, "no point in time"),
            ("time-zone = 'Mars/Olympus'\n", 1, "no time zone"),
            ("decimals = 3\n", 1, "0, 1 or 2"),
            ("show = 'all'\n", 1, "unknown variant `all`"),
            ("repeat = 21\n", 1, "up to 20"),
            ("out-of = 0\n", 1, "more than 0"),
            ("[late]\nper-day = 101\n", 2, "100 at most"),
            ("[late]\ngrace = 15\n", 2, "string"),
            ("[late]\ngrace = '15'\n", 2, "\"15m\""),
        ] {
            let error = Policy::parse(text, &IDS).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
            let named = line == 0 || error.contains(&format!("line {line}"));
            assert!(named, "{text}: {error}");
            assert_eq!(error.lines().count(), 1, "{text}: {error}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_change_nothing() {
        let policy = Policy::parse("\u{feff}out-of = 20\r\n[exercises]\r\n1 = {}\r\n", &IDS);
        let expected = Policy::parse("out-of = 20\n[exercises]\n1 = {}\n", &IDS);
        assert_eq!(policy.unwrap(), expected.unwrap());
    }
}
