//! The lab's two servers against plain C programs of the same shape, and against what is installed.
//!
//! A single client and its server share one processor: then the figure is the work that is done for
//! an exchange, and not which of them the scheduler happened to put where, which changes it by half.
//! Eight clients have all processors.

mod contender;
mod load;
#[cfg_attr(target_os = "linux", path = "servers/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "servers/elsewhere.rs")]
mod processors;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use grader::stop::{Stop, Stopped};

use super::figure::{Bound, Figure, Row, Spread, rate};
use super::{cargo, progress};
use contender::{Contender, Server};
use load::{Exchange, Load};
use processors::Processors;

/// How long one server is loaded before its neighbour's turn comes.
const SLICE: Duration = Duration::from_millis(30);

/// The lab's server has to be as fast as the C program.
const BOUND: Bound = Bound::AtLeast(1.0);

/// A server of the lab, and how it is loaded.
struct Shape {
    /// The C program's name.
    name: &'static str,
    /// The lab's server.
    package: &'static str,
    loads: &'static [Load],
}

const SHAPES: [Shape; 2] = [
    Shape {
        name: "iterative",
        package: "iterative-server",
        loads: &[
            Load::new(Exchange::Connection, 1),
            Load::new(Exchange::RoundTrip, 1),
        ],
    },
    Shape {
        name: "forking",
        package: "forking-server",
        loads: &[
            Load::new(Exchange::Connection, 1),
            Load::new(Exchange::Connection, 8),
            Load::new(Exchange::RoundTrip, 1),
            Load::new(Exchange::RoundTrip, 8),
        ],
    },
];

/// Measures everything about the servers.
///
/// # Errors
///
/// A server cannot be built or started, or does not serve; or the bench was stopped.
pub fn measure(root: &Path, repetitions: usize, stop: &Stop) -> Result<Vec<Row>> {
    let folder = cargo::target(root).join("lab/bench");
    let mut rows = Vec::new();
    for Shape {
        name,
        package,
        loads,
    } in SHAPES
    {
        progress(&format!("building {package} and what it is compared with"));
        let contenders = [
            Contender::of_the_lab(root, package, stop)?,
            Contender::in_c(root, name, &folder)?,
            Contender::ncat(),
            Contender::socat(),
        ];
        let servers = contenders
            .iter()
            .filter(|contender| contender.command.is_ok())
            .map(Contender::start)
            .collect::<Result<Vec<Server>>>()?;
        for load in loads {
            progress(&format!("loading {package}: {load}"));
            let rates = interleave(&servers, *load, repetitions, stop)?;
            rows.extend(compare(&format!("{name}: {load}"), &contenders, &rates));
        }
    }
    Ok(rows)
}

/// What each server made of a load, in the order of their turns.
type Rates = Vec<(&'static str, Vec<f64>)>;

/// Each server has its turn in each repetition, in changing order: what else the machine does, and
/// what a neighbour leaves behind, hits all alike.
fn interleave(servers: &[Server], load: Load, repetitions: usize, stop: &Stop) -> Result<Rates> {
    let mut rates: Rates = servers
        .iter()
        .map(|server| (server.name, Vec::with_capacity(repetitions)))
        .collect();
    let all = Processors::all().context("ask for the processors")?;
    let chosen = match load.clients {
        1 => all.one(),
        _ => all,
    };
    for server in servers {
        chosen
            .hold(server.pid())
            .with_context(|| format!("choose a processor for {}", server.name))?;
    }
    // The first slice, of cold caches, is thrown away.
    for repetition in 0..=repetitions {
        let mut turns: Vec<_> = servers.iter().zip(&mut rates).collect();
        turns.rotate_left(repetition / 2 % servers.len().max(1));
        if repetition % 2 == 1 {
            turns.reverse();
        }
        for (server, (_, rates)) in turns {
            if stop.asked() {
                bail!(Stopped);
            }
            let rate = load
                .rate(server.port, SLICE, chosen)
                .with_context(|| format!("{} under load ({load})", server.name))?;
            if repetition > 0 {
                rates.push(rate);
            }
        }
    }
    Ok(rates)
}

/// The first contender against all others.
fn compare(what: &str, contenders: &[Contender], rates: &Rates) -> Vec<Row> {
    let of = |name| {
        rates
            .iter()
            .find(|(of, _)| *of == name)
            .map(|(_, rates)| rates)
    };
    let Some((ours, others)) = contenders.split_first() else {
        return Vec::new();
    };
    others
        .iter()
        .map(|other| {
            let what = format!("{what}, against {}", other.name);
            let found = (|| {
                let (ours, theirs) = (of(ours.name)?, of(other.name)?);
                Some(Figure {
                    what: what.clone(),
                    measured: rate(Spread::of(ours)?.median),
                    against: rate(Spread::of(theirs)?.median),
                    ratio: Some(Spread::of_ratios(ours, theirs)?),
                    bound: (other.name == "C").then_some(BOUND),
                    note: String::new(),
                })
            })();
            match (found, &other.command) {
                (Some(figure), _) => figure.into(),
                (None, Err(why)) => Row::skipped(what, why),
                (None, Ok(_)) => Row::skipped(what, "nothing was measured"),
            }
        })
        .collect()
}
