//! One attack: what it goes for, and what it is to get.

use jail::{Promises, Tier};

use crate::class::ITERATIVE;
use crate::results::{Report, Result};

/// What an attack goes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The compiler, and by way of it what others wrote or the machine keeps.
    Compiler,
    /// The compiler's time.
    Endless,
    /// The verdict, the judge, the lab, the machine, others' work.
    Forger,
    /// All that there is of something, so that nothing is left for others.
    Hoarder,
    /// The points of what is right in part.
    Cheat,
}

/// What a submission is to get.
#[derive(Clone, Copy, Debug)]
pub struct Gets {
    /// `graded`, or how far else judging came.
    pub status: &'static str,
    /// The score; the least, where a race of its own decides.
    pub score: u64,
    pub least: u64,
    /// The most that its checks may take together, in seconds. One check alone
    /// takes at most four times its longest step, should both processors be
    /// busy, and the time in which a thousand processes end.
    pub seconds: f64,
    /// What the student, or the instructor, reads of it.
    pub says: &'static str,
}

/// One of what a machine may promise.
pub type Promise = fn(&Promises) -> bool;

/// A submission that attacks the lab.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// Of its file as well.
    pub name: &'static str,
    pub kind: Kind,
    /// The exercise that it is handed in for.
    pub exercise: &'static str,
    gets: Gets,
    /// In a tier without cells, where that differs.
    without_a_cell: Option<Gets>,
    /// Whether it does no harm where nothing isolates, and gets the same there. What
    /// any other gets there nobody can say: it is not tried.
    is_harmless: bool,
    /// What a machine must promise for it to be tried there, and what it does where
    /// that is not promised.
    needs: Option<(Promise, &'static str)>,
    /// What must be true besides.
    also: Option<fn(&Result<'_>)>,
    /// Whether it is tried only when that is asked for.
    pub is_long: bool,
}

/// One that runs, and is to get nothing.
pub const fn attack(kind: Kind, name: &'static str, says: &'static str) -> Attack {
    Attack {
        name,
        kind,
        exercise: ITERATIVE,
        gets: Gets {
            status: "graded",
            score: 0,
            least: 0,
            seconds: 40.0,
            says,
        },
        without_a_cell: None,
        is_harmless: false,
        needs: None,
        also: None,
        is_long: false,
    }
}

/// One that is not even built.
pub const fn unbuilt(kind: Kind, name: &'static str, says: &'static str) -> Attack {
    let mut attack = attack(kind, name, says);
    attack.gets.status = "build_failed";
    attack
}

impl Attack {
    /// Where it lies.
    pub fn file(&self) -> String {
        let folder = match (self.kind, self.exercise) {
            (Kind::Compiler | Kind::Endless, _) => "build",
            (_, ITERATIVE) => "run",
            (_, exercise) => &exercise[..2],
        };
        format!("{folder}/{}.rs", self.name)
    }

    pub const fn scores(mut self, score: u64, seconds: f64) -> Attack {
        self.gets.score = score;
        self.gets.least = score;
        self.gets.seconds = seconds;
        self
    }

    pub const fn or_at_least(mut self, least: u64) -> Attack {
        self.gets.least = least;
        self
    }

    /// A tier without cells has promised less, or something is refused there
    /// that ends with a cell.
    pub const fn without_a_cell(mut self, says: &'static str) -> Attack {
        self.without_a_cell = Some(Gets { says, ..self.gets });
        self
    }

    pub const fn of(mut self, exercise: &'static str) -> Attack {
        self.exercise = exercise;
        self
    }

    pub const fn harmless(mut self) -> Attack {
        self.is_harmless = true;
        self
    }

    pub const fn needs(mut self, promise: Promise, else_it: &'static str) -> Attack {
        self.needs = Some((promise, else_it));
        self
    }

    pub const fn also(mut self, demand: fn(&Result<'_>)) -> Attack {
        self.also = Some(demand);
        self
    }

    pub const fn long(mut self) -> Attack {
        self.is_long = true;
        self
    }

    /// Why it is not tried in this tier on a machine that promises this; none when it is.
    pub fn left_out(&self, tier: Tier, promises: &Promises) -> Option<&'static str> {
        if tier == Tier::None {
            return (!self.is_harmless).then_some("does what it likes: nothing isolates");
        }
        self.needs
            .filter(|(promise, _)| !promise(promises))
            .map(|(_, why)| why)
    }

    /// What it is to get in this tier.
    pub fn gets(&self, tier: Tier) -> Gets {
        self.without_a_cell
            .filter(|_| !tier.has_cell())
            .unwrap_or(self.gets)
    }

    /// It got that, and what must be true besides is.
    pub fn assert(&self, report: &Report) {
        let tier = report.tier();
        let gets = self.gets(tier);
        let result = report.of(self.name);
        result.assert(
            result.status() == gets.status,
            &format!("is not {}", gets.status),
        );
        let score = result.score();
        let right = (gets.least..=gets.score).contains(&score);
        result.assert(right, &format!("did not get {}", gets.score));
        let took = result.seconds();
        // As the judge's own deadlines.
        let most = gets.seconds * grader::crowd::factor();
        result.assert(took <= most, &format!("took {took:.1} of {most:.1} s"));
        result.says(gets.says);
        result.is_readable();
        if tier == Tier::Jail {
            // The network is not closed there; every other way is.
            for way in ["abstract", "Unix", "/run/", "family", "raw IP"] {
                result.never_says(&format!("got {way}"));
            }
        }
        if let Some(demand) = self.also {
            demand(&result);
        }
    }
}
