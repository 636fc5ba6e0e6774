//! From verdicts to points.
//!
//! Only core checks count. An advanced check is reported and is part of
//! neither the score nor the most that can be reached: nobody loses for not
//! having gone beyond the course.

use exercise::{Check, Exercise, Level};

use crate::report::{CheckResult, Status, Verdict};

/// The most that an exercise can earn: the points of its core checks.
pub fn max_score(exercise: &Exercise) -> u32 {
    exercise
        .checks
        .iter()
        .filter(|check| check.level == Level::Core)
        .map(|c| c.points)
        .sum()
}

/// What one check earns.
pub fn earned(check: &Check, verdict: Verdict) -> u32 {
    if verdict == Verdict::Passed {
        check.points
    } else {
        0
    }
}

/// What all checks of an exercise earn together.
pub fn score(checks: &[CheckResult]) -> u32 {
    checks
        .iter()
        .filter(|check| check.level == Level::Core)
        .map(|check| check.earned)
        .sum()
}

/// Graded, unless the lab could not judge one of the checks: then the score is
/// what was earned, and the status says that it is not the last word.
pub fn status(checks: &[CheckResult]) -> Status {
    if checks
        .iter()
        .any(|check| check.verdict == Verdict::Ungraded)
    {
        Status::Ungraded
    } else {
        Status::Graded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(level: Level, points: u32, verdict: Verdict) -> CheckResult {
        let check = Check {
            name: "echoes_a_line".into(),
            requirement: "1".into(),
            points,
            level,
            concepts: vec![],
            shows: String::new(),
            hints: vec![],
            after: vec![],
        };
        CheckResult::new(&check, verdict, 0.0, None)
    }

    #[test]
    fn advanced_checks_count_nowhere() {
        let checks = [
            result(Level::Core, 40, Verdict::Passed),
            result(Level::Advanced, 10, Verdict::Passed),
        ];
        assert_eq!(score(&checks), 40);
        assert_eq!(checks[1].earned, 10);
    }

    #[test]
    fn what_failed_or_was_not_reached_earns_nothing() {
        let checks = [
            result(Level::Core, 40, Verdict::Failed),
            result(Level::Core, 60, Verdict::NotRun),
        ];
        assert_eq!(score(&checks), 0);
        assert_eq!(status(&checks), Status::Graded);
    }

    #[test]
    fn one_check_that_the_lab_could_not_judge_leaves_the_exercise_ungraded() {
        let checks = [
            result(Level::Core, 40, Verdict::Passed),
            result(Level::Core, 60, Verdict::Ungraded),
        ];
        assert_eq!(score(&checks), 40);
        assert_eq!(status(&checks), Status::Ungraded);
    }
}
