//! What one exercise of a submission is worth.

use grader::brief::ExerciseBrief;

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
        judged: Option<&ExerciseBrief>,
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

/// What an exercise earned, and could have.
fn points(judged: &ExerciseBrief, advanced: Advanced) -> (u32, u32) {
    let (score, most) = (judged.score, judged.max_score);
    let whole = score.saturating_add(judged.beyond);
    match advanced {
        Advanced::Off => (score, most),
        Advanced::Bonus => (whole.min(most), most),
        Advanced::Counted => (whole, most.saturating_add(judged.max_beyond)),
    }
}

/// Why the lab could not judge an exercise; none if it could. A check that does not count
/// takes the exercise with it only if others may have waited for it.
fn fault(judged: &ExerciseBrief, advanced: Advanced) -> Option<String> {
    let fault = judged.fault.as_ref()?;
    (fault.is_core || advanced != Advanced::Off).then(|| fault.why.clone())
}
