//! What was measured, as ratios with their bounds, and the table that shows them.

use std::fmt::{self, Display};

/// What a ratio has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Larger is better, e.g. connections a second.
    AtLeast(f64),
    /// Smaller is better, e.g. seconds.
    AtMost(f64),
}

/// The same thing measured several times: the median, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The value in the middle.
    pub median: f64,
    /// The true median lies between these two, 19 times out of 20 (of less than six values: between
    /// the smallest and the largest).
    pub between: (f64, f64),
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// Something that was measured.
    Figure(Figure),
    /// Something that was not.
    Skipped {
        /// What would have been measured.
        what: String,
        /// What is missing here.
        why: String,
    },
}

/// Something that was measured against something else.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is about.
    pub what: String,
    /// What was measured, with its unit.
    pub measured: String,
    /// What it is compared with, with its unit; empty when with nothing.
    pub against: String,
    /// The first divided by the second.
    pub ratio: Option<Spread>,
    /// What the ratio has to be, if anything is demanded of it.
    pub bound: Option<Bound>,
    /// What else there is to know, at the end of the line.
    pub note: String,
}

impl Figure {
    /// A figure that stands alone, e.g. the seconds that one part of a whole took.
    pub fn plain(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Figure {
            what: what.into(),
            measured: measured.into(),
            against: String::new(),
            ratio: None,
            bound: None,
            note: String::new(),
        }
    }

    /// Seconds against the most that they may be.
    pub fn limit(what: impl Into<String>, seconds: Spread, most: f64) -> Self {
        Figure {
            what: what.into(),
            measured: self::seconds(seconds.median),
            against: format!("limit {}", self::seconds(most)),
            ratio: Some(seconds.divided_by(most)),
            bound: Some(Bound::AtMost(1.0)),
            note: String::new(),
        }
    }

    /// The same with something else to know.
    pub fn note(self, note: impl Into<String>) -> Self {
        Figure {
            note: note.into(),
            ..self
        }
    }
}

impl Row {
    /// A line that says what is missing; of a longer story, the first line.
    pub fn skipped(what: impl Into<String>, why: impl AsRef<str>) -> Self {
        Row::Skipped {
            what: what.into(),
            why: why.as_ref().lines().next().unwrap_or_default().to_owned(),
        }
    }
}

impl From<Figure> for Row {
    fn from(figure: Figure) -> Self {
        Row::Figure(figure)
    }
}

impl Spread {
    /// None of no values.
    pub fn of(values: &[f64]) -> Option<Spread> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        // Each value is as often above the true median as below it, whatever the values look like:
        // how many are is binomial, with a standard deviation of half the root of their number.
        let count = sorted.len() as f64;
        let below = ((count - 1.96 * count.sqrt()) / 2.0).floor().max(0.0) as usize;
        Some(Spread {
            median: (sorted[last / 2] + sorted[last.div_ceil(2)]) / 2.0,
            between: (sorted[below], sorted[last - below]),
        })
    }

    /// The ratio of each value to its neighbour: both were measured one right after the other, so
    /// what else the machine was doing hit both alike.
    pub fn of_ratios(ours: &[f64], theirs: &[f64]) -> Option<Spread> {
        let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
        Spread::of(&ratios)
    }

    fn divided_by(self, by: f64) -> Spread {
        let (low, high) = self.between;
        Spread {
            median: self.median / by,
            between: (low / by, high / by),
        }
    }
}

impl Bound {
    /// What is said of a ratio that was measured with some spread.
    fn verdict(self, ratio: Spread) -> &'static str {
        let (low, high) = ratio.between;
        let (holds, touched) = match self {
            Bound::AtLeast(least) => (ratio.median >= least, high >= least),
            Bound::AtMost(most) => (ratio.median <= most, low <= most),
        };
        match (holds, touched) {
            (true, _) => "holds",
            (false, true) => "level: not told apart",
            (false, false) => "MISSED",
        }
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::AtLeast(bound) => write!(f, ">= {bound:.2}"),
            Bound::AtMost(bound) => write!(f, "<= {bound:.2}"),
        }
    }
}

/// A time as people read it.
pub fn seconds(seconds: f64) -> String {
    if seconds < 0.0995 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 9.95 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.0} s")
    }
}

/// How many of something there are in a second.
pub fn rate(a_second: f64) -> String {
    format!("{a_second:.0}/s")
}

const HEAD: [&str; 7] = [
    "figure",
    "measured",
    "against",
    "ratio",
    "95% between",
    "bound",
    "",
];

/// The rows in columns, under what the columns are.
pub fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 7]> = std::iter::once(HEAD.map(str::to_owned))
        .chain(rows.iter().filter_map(|row| match row {
            Row::Figure(figure) => Some(cells(figure)),
            Row::Skipped { .. } => None,
        }))
        .collect();
    let names = rows.iter().map(|row| match row {
        Row::Figure(figure) => &figure.what,
        Row::Skipped { what, .. } => what,
    });
    let first = names.map(|name| name.chars().count()).max().unwrap_or(0);
    let mut widths = [0; 7];
    for (column, width) in widths.iter_mut().enumerate() {
        let widest = cells.iter().map(|row| row[column].chars().count()).max();
        *width = widest.unwrap_or(0);
    }
    widths[0] = widths[0].max(first);

    let line = |cells: &[String; 7]| {
        let [what, measured, against, ratio, spread, bound, verdict] = cells;
        let [a, b, c, d, e, f, _] = widths;
        format!(
            "  {what:a$}  {measured:>b$}  {against:>c$}  {ratio:>d$}  {spread:>e$}  {bound:>f$}  {verdict}"
        )
        .trim_end()
        .to_owned()
    };
    let mut lines = vec![line(&cells[0])];
    let mut figures = cells[1..].iter();
    for row in rows {
        lines.extend(match row {
            Row::Figure(_) => figures.next().map(line),
            Row::Skipped { what, why } => Some(format!(
                "  {what:width$}  skipped: {why}",
                width = widths[0]
            )),
        });
    }
    lines.join("\n") + "\n"
}

fn cells(figure: &Figure) -> [String; 7] {
    let ratio = figure.ratio;
    let text = |text: Option<String>| text.unwrap_or_default();
    [
        figure.what.clone(),
        figure.measured.clone(),
        figure.against.clone(),
        text(ratio.map(|ratio| format!("{:.2}", ratio.median))),
        // Of a single value nothing is known but itself.
        text(
            ratio
                .map(|ratio| ratio.between)
                .filter(|(low, high)| low < high)
                .map(|(low, high)| format!("{low:.2}-{high:.2}")),
        ),
        text(figure.bound.map(|bound| bound.to_string())),
        ratio
            .zip(figure.bound)
            .map(|(ratio, bound)| bound.verdict(ratio))
            .into_iter()
            .chain((!figure.note.is_empty()).then_some(figure.note.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_values_the_better_the_median_is_known() {
        let spread = Spread::of(&[5.0, 1.0, 4.0, 2.0, 3.0]).unwrap();
        assert_eq!(spread.median, 3.0);
        assert_eq!(spread.between, (1.0, 5.0));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let spread = Spread::of(&hundred).unwrap();
        assert_eq!(spread.median, 50.5);
        assert_eq!(spread.between, (41.0, 60.0));
        assert_eq!(Spread::of(&[1.0, 2.0]).unwrap().median, 1.5);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_busy_moment_that_hits_both_changes_no_ratio() {
        let ratios = Spread::of_ratios(&[10.0, 1.0, 20.0], &[5.0, 0.5, 10.0]).unwrap();
        assert_eq!(ratios.between, (2.0, 2.0));
    }

    #[test]
    fn a_bound_holds_or_is_missed_or_nobody_can_tell() {
        let spread = |median, low, high| Spread {
            median,
            between: (low, high),
        };
        let least = Bound::AtLeast(1.0);
        assert_eq!(least.verdict(spread(1.0, 0.9, 1.1)), "holds");
        assert_eq!(
            least.verdict(spread(0.99, 0.9, 1.1)),
            "level: not told apart"
        );
        assert_eq!(least.verdict(spread(0.9, 0.8, 0.95)), "MISSED");
        assert_eq!(Bound::AtMost(1.5).verdict(spread(1.6, 1.55, 1.7)), "MISSED");
    }

    #[test]
    fn columns_stand_below_each_other() {
        let seconds = Spread::of(&[1.5, 1.2, 1.8]).unwrap();
        let rows = [
            Figure::limit("09: a right program", seconds, 3.0).into(),
            Row::skipped("a very long name of something that is missing", "no cc"),
            Figure::plain("download", "2.00 s").into(),
        ];
        let table = table(&rows);
        let lines: Vec<&str> = table.lines().collect();
        let end = |line: &str, text| line.find(text).map(|start| start + str::len(text));
        assert_eq!(end(lines[0], "measured"), end(lines[1], "1.50 s"));
        assert_eq!(lines[1].find("1.50 s"), lines[3].find("2.00 s"));
        assert!(
            lines[1].ends_with("0.50    0.40-0.60  <= 1.00  holds"),
            "{table}"
        );
        assert!(lines[2].ends_with("missing  skipped: no cc"), "{table}");
    }
}
