//! What one exercise of a submission is worth.

use grader::report::{CheckResult, ExerciseResult, Status, Verdict};
use testbed::exercise::Level;

use crate::hundredths::Hundredths;
use crate::policy::{Advanced, Due, Policy};

/// What one exercise is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExerciseGrade {
    /// The exercise's folder, e.g. `09-echo-iterative`.
    pub id: String,
    /// How much it counts beside the others.
    pub weight: Hundredths,
    /// Points of the checks that passed and count.
    pub earned: u32,
    /// The most that they can be.
    pub possible: u32,
    /// Days that have begun after the deadline; none where nobody knows, which costs
    /// nothing.
    pub days_late: Option<u32>,
    /// What lateness left, in per cent.
    pub kept: Hundredths,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its grade, in per cent of what it can be.
    Percent(Hundredths),
    /// The lab could not judge it; why.
    Ungraded(String),
}

impl ExerciseGrade {
    /// Grades an exercise; `judged` is none if the lab was not asked to.
    pub(super) fn new(
        id: &str,
        judged: Option<&ExerciseResult>,
        due: &Due,
        days_late: Option<u32>,
        policy: &Policy,
    ) -> ExerciseGrade {
        let (earned, possible) = judged.map_or((0, 0), |one| points(one, policy.advanced));
        let kept = policy.kept(days_late.unwrap_or(0));
        let percent = Hundredths::ratio(
            u128::from(earned) * u128::from(kept.0),
            u128::from(possible) * 100,
        );
        let outcome = match judged {
            None => Outcome::Ungraded("it is due and was not judged".into()),
            Some(judged) => match fault(judged, policy.advanced) {
                Some(why) => Outcome::Ungraded(why),
                None => Outcome::Percent(percent),
            },
        };
        ExerciseGrade {
            id: id.to_owned(),
            weight: due.weight,
            earned,
            possible,
            days_late,
            kept,
            outcome,
        }
    }
}

/// Whether a check counts.
pub(crate) fn counts(check: &CheckResult, advanced: Advanced) -> bool {
    check.level == Level::Core || advanced != Advanced::Off
}

/// What an exercise earned, and could have.
pub(crate) fn points(judged: &ExerciseResult, advanced: Advanced) -> (u32, u32) {
    let of = |level: Level| judged.checks.iter().filter(move |one| one.level == level);
    let beyond: u32 = of(Level::Advanced).map(|check| check.earned).sum();
    let more: u32 = of(Level::Advanced).map(|check| check.points).sum();
    match advanced {
        Advanced::Off => (judged.score, judged.max_score),
        Advanced::Bonus => (
            judged.score.saturating_add(beyond).min(judged.max_score),
            judged.max_score,
        ),
        Advanced::Counted => (
            judged.score.saturating_add(beyond),
            judged.max_score.saturating_add(more),
        ),
    }
}

/// Why the lab could not judge an exercise; none if it could.
fn fault(judged: &ExerciseResult, advanced: Advanced) -> Option<String> {
    if judged.status != Status::Ungraded {
        return None;
    }
    let checks = &judged.checks;
    // A check that does not count takes the exercise with it only if others
    // may have waited for it.
    let harms = checks.is_empty()
        || checks.iter().any(|check| {
            counts(check, advanced) && matches!(check.verdict, Verdict::Ungraded | Verdict::NotRun)
        });
    harms.then(|| {
        let told = judged
            .message
            .as_deref()
            .and_then(|text| text.lines().next());
        let told = told.map(str::to_owned).or_else(|| {
            let check = judged.first(Verdict::Ungraded)?;
            Some(format!("{} could not be judged", check.name))
        });
        told.unwrap_or_else(|| "it could not be judged".into())
    })
}
