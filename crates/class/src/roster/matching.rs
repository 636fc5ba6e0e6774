//! Whose a submission is.

use std::collections::BTreeMap;

use super::Student;
use super::keys::{Keys, base, folded, moodle, tails};

/// Who handed in what, and whatever does not fit. Every submission and every
/// student is in one of the lists, and in one only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matched {
    /// One student, one submission, in the order of the submissions.
    pub pairs: Vec<Pair>,
    /// Students that no submission fits, as places in the roster.
    pub without_submission: Vec<usize>,
    /// Submissions that fit nobody, as places in the list of names.
    pub without_student: Vec<usize>,
    /// What fits more than once and is therefore no match.
    pub ambiguous: Vec<Ambiguous>,
}

/// A student and the student's submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The place in the roster.
    pub student: usize,
    /// The place in the list of names.
    pub submission: usize,
}

/// Submissions and students of which some fit each other, and nobody can say which.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ambiguous {
    /// Places in the list of names.
    pub submissions: Vec<usize>,
    /// Places in the roster.
    pub students: Vec<usize>,
}

impl Matched {
    /// By the place of a submission, the place of its student.
    pub fn students(&self) -> BTreeMap<usize, usize> {
        let pairs = self.pairs.iter();
        pairs.map(|pair| (pair.submission, pair.student)).collect()
    }

    /// Whether everybody handed in, and everything is somebody's.
    pub fn is_complete(&self) -> bool {
        self.without_submission.is_empty()
            && self.without_student.is_empty()
            && self.ambiguous.is_empty()
    }
}

pub fn matched<'a>(students: &[Student], names: impl IntoIterator<Item = &'a str>) -> Matched {
    let keys: Vec<Keys> = students.iter().map(Keys::of).collect();
    let fits: Vec<Vec<usize>> = names.into_iter().map(|name| fitting(&keys, name)).collect();
    let mut claims = vec![Vec::new(); students.len()];
    for (submission, fitting) in fits.iter().enumerate() {
        for student in fitting {
            claims[*student].push(submission);
        }
    }
    let mut matched = Matched::default();
    let mut seen = vec![false; students.len()];
    for (submission, fitting) in fits.iter().enumerate() {
        match fitting[..] {
            [] => matched.without_student.push(submission),
            [student] if claims[student].len() == 1 => {
                matched.pairs.push(Pair {
                    student,
                    submission,
                });
            }
            [first, ..] if !seen[first] => {
                matched
                    .ambiguous
                    .push(entangled(first, &fits, &claims, &mut seen));
            }
            _ => {}
        }
    }
    matched.without_submission = (0..students.len())
        .filter(|student| claims[*student].is_empty())
        .collect();
    matched
}

/// Everybody and everything that is connected with a student by some fit.
fn entangled(
    first: usize,
    fits: &[Vec<usize>],
    claims: &[Vec<usize>],
    seen: &mut [bool],
) -> Ambiguous {
    let mut all = Ambiguous::default();
    let mut to_visit = vec![first];
    while let Some(student) = to_visit.pop() {
        if std::mem::replace(&mut seen[student], true) {
            continue;
        }
        all.students.push(student);
        for submission in &claims[student] {
            all.submissions.push(*submission);
            to_visit.extend(&fits[*submission]);
        }
    }
    all.students.sort_unstable();
    all.submissions.sort_unstable();
    all.submissions.dedup();
    all
}

/// The students whom a name fits: by the whole of it, or else as Moodle or
/// GitHub Classroom put names together.
fn fitting(keys: &[Keys], name: &str) -> Vec<usize> {
    let name = base(name);
    let those = |fits: &dyn Fn(&Keys) -> bool| -> Vec<usize> {
        (0..keys.len()).filter(|at| fits(&keys[*at])).collect()
    };
    let mut found = those(&|keys| keys.are(name));
    if !found.is_empty() {
        return found;
    }
    if let Some(person) = moodle(name) {
        found = those(&|keys| keys.are_person(person));
        if found.is_empty() {
            // Where the class works in groups, theirs comes first: `TP 1-Ada Lovelace`.
            found = those(&|keys| tails(person).any(|tail| keys.are_person(tail)));
        }
        if !found.is_empty() {
            return found;
        }
    }
    let name = folded(name);
    those(&|keys| tails(&name).any(|tail| keys.are_login(tail)))
}

#[cfg(test)]
mod tests {
    use crate::roster::Roster;

    use super::*;

    fn class() -> Roster {
        Roster::parse(
            "id,name,email\n\
             21001,Ada Lovelace,ada.l@uni.fr\n\
             21002,\"O'Brien, Kate\",kobrien@uni.fr\n\
             21003,José Núñez,jose@uni.fr\n\
             21004,Ada Byron,\n\
             kate-b,Kate Bush,kb@uni.fr\n\
             21005,,\n"
                .as_bytes(),
        )
        .unwrap()
    }

    #[track_caller]
    fn is_of(name: &str, student: usize) {
        let matched = class().matched([name]);
        let pair = Pair {
            student,
            submission: 0,
        };
        assert_eq!(matched.pairs, [pair], "{name}");
    }

    #[test]
    fn a_name_fits_by_id_address_or_name() {
        is_of("21001", 0);
        is_of("ADA.L@uni.fr", 0);
        is_of("ada.l", 0);
        is_of("Ada Lovelace", 0);
        is_of("lovelace-ada", 0);
        is_of("class/ada_lovelace.tar.gz", 0);
        is_of("kate-b", 4);
        is_of("Jose\u{301} Nu\u{301}n\u{303}ez", 2);
    }

    #[test]
    fn moodle_s_folders_fit_by_the_name_and_never_by_moodle_s_number() {
        is_of("Ada Lovelace_48213_assignsubmission_file_", 0);
        is_of("Ada Lovelace_48213_assignsubmission_file", 0);
        is_of("Ada Lovelace_48213_assignsubmission_file_work.zip", 0);
        is_of("Ada Lovelace_48213_assignsubmission_onlinetext_", 0);
        is_of("Ada Lovelace_48213", 0);
        is_of("Kate OBrien_48214_assignsubmission_file_", 1);
        is_of("TP 1-José Núñez_48214_assignsubmission_file_", 2);
        // The number is that of another student's id.
        is_of("Ada Lovelace_21002_assignsubmission_file_", 0);
        let nobody = class().matched(["Alan Turing_21002_assignsubmission_file_"]);
        assert_eq!(nobody.without_student, [0]);
    }

    #[test]
    fn github_classroom_s_repositories_fit_by_their_end() {
        is_of("sockets-lab-21003", 2);
        is_of("sockets-lab-jose", 2);
        is_of("sockets-kate-b", 4);
    }

    #[test]
    fn what_fits_twice_is_no_match() {
        let roster = Roster::parse(
            b"id,name,email\n1,Ada L,ada@a.fr\n2,Ada L,x@a.fr\n3,Bob,ada@b.fr\n4,Cleo,c@a.fr\n",
        )
        .unwrap();
        let names = ["Ada L", "ada", "c@a.fr", "4", "zoe"];
        let matched = roster.matched(names);
        assert_eq!(matched.pairs, []);
        assert_eq!(matched.without_student, [4]);
        assert_eq!(matched.without_submission, [] as [usize; 0]);
        assert_eq!(
            matched.ambiguous,
            [
                Ambiguous {
                    submissions: vec![0, 1],
                    students: vec![0, 1, 2],
                },
                Ambiguous {
                    submissions: vec![2, 3],
                    students: vec![3],
                },
            ]
        );
    }

    #[test]
    fn both_kinds_of_mismatch_are_listed() {
        let matched = class().matched(["ada.l", "Alan Turing", ""]);
        assert_eq!(matched.pairs.len(), 1);
        assert_eq!(matched.without_student, [1, 2]);
        assert_eq!(matched.without_submission, [1, 2, 3, 4, 5]);
        assert!(!matched.is_complete());
    }
}
