//! The distribution of scores as a picture.

use serde::Serialize;

use super::tally::Row;

/// Bars of ten percent each; the last one holds 100 as well.
const BARS: usize = 10;

/// Sizes in the units of the picture.
const WIDTH: u32 = 400;
const HEIGHT: u32 = 150;
const LEFT: u32 = 30;
const TOP: u32 = 18;

/// A histogram, with the numbers of its bars and of its grid already placed.
#[derive(Debug, Serialize)]
pub struct Chart {
    bars: Vec<Bar>,
    grid: Vec<Line>,
    /// Whether a bar has a part that is not the last word.
    has_open: bool,
}

#[derive(Debug, Serialize)]
struct Bar {
    /// The lowest and the highest percentage.
    from: usize,
    to: usize,
    /// Students whose score is the last word, and others.
    sure: u32,
    open: u32,
    x: u32,
    middle: u32,
    width: u32,
    /// Upper edges and heights of both parts, the open one on top.
    sure_y: u32,
    sure_height: u32,
    open_y: u32,
    open_height: u32,
}

#[derive(Debug, Serialize)]
struct Line {
    y: u32,
    count: u32,
}

/// Places the bars of these students.
pub fn chart(rows: &[Row]) -> Chart {
    let mut counts = [(0, 0); BARS];
    for row in rows {
        let (sure, open) = &mut counts[(row.percent() as usize / 10).min(BARS - 1)];
        *(if row.is_final() { sure } else { open }) += 1;
    }
    let highest = counts.iter().map(|(sure, open)| sure + open).max();
    let step = step(highest.unwrap_or(0));
    let top = highest.unwrap_or(0).max(1).div_ceil(step) * step;
    let scale = |count: u32| count * HEIGHT / top;
    let pitch = (WIDTH - LEFT) / BARS as u32;
    let bars = (0u32..).zip(counts).map(|(number, (sure, open))| {
        let (sure_height, both) = (scale(sure), scale(sure + open));
        let x = LEFT + number * pitch + 3;
        Bar {
            from: number as usize * 10,
            to: if number as usize + 1 == BARS {
                100
            } else {
                number as usize * 10 + 9
            },
            sure,
            open,
            x,
            middle: x + (pitch - 6) / 2,
            width: pitch - 6,
            sure_y: TOP + HEIGHT - sure_height,
            sure_height,
            open_y: TOP + HEIGHT - both,
            open_height: both - sure_height,
        }
    });
    let grid = (0..=top / step).map(|number| Line {
        y: TOP + HEIGHT - scale(number * step),
        count: number * step,
    });
    Chart {
        bars: bars.collect(),
        grid: grid.collect(),
        has_open: counts.iter().any(|(_, open)| *open > 0),
    }
}

/// A round distance between the lines of a grid, of which there are few.
fn step(highest: u32) -> u32 {
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            if highest <= step * factor * 4 {
                return step * factor;
            }
        }
        step *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(score: u32) -> Row {
        Row {
            id: None,
            grade: None,
            name: String::new(),
            page: String::new(),
            score,
            max: 100,
            cells: Vec::new(),
        }
    }

    #[test]
    fn everybody_is_in_one_bar() {
        let rows: Vec<Row> = (0..=100).map(row).collect();
        let chart = chart(&rows);
        let counts: Vec<u32> = chart.bars.iter().map(|bar| bar.sure).collect();
        assert_eq!(counts, [10, 10, 10, 10, 10, 10, 10, 10, 10, 11]);
        assert!(!chart.has_open);
    }

    #[test]
    fn no_bar_leaves_the_picture() {
        for count in [0, 1, 3, 7, 40, 299, 1000, 12_345] {
            let rows: Vec<Row> = (0..count).map(|_| row(55)).collect();
            let chart = chart(&rows);
            assert!(
                chart
                    .bars
                    .iter()
                    .all(|bar| bar.sure_y >= TOP && bar.sure_height <= HEIGHT)
            );
            assert!(chart.grid.len() <= 5, "{count}: {}", chart.grid.len());
        }
    }
}
