//! Which check comes when.

use exercise::Check;

/// The checks of an exercise, by their indexes: first those that are named, each
/// behind what it builds on, then the others.
pub fn order(checks: &[Check], first: &[String]) -> Vec<usize> {
    fn take(checks: &[Check], index: usize, taken: &mut Vec<usize>) {
        if taken.contains(&index) {
            return;
        }
        // Only a check that comes earlier can be built on.
        for (earlier, check) in checks.iter().enumerate().take(index) {
            if checks[index].after.contains(&check.name) {
                take(checks, earlier, taken);
            }
        }
        taken.push(index);
    }
    let named = |check: &Check| first.contains(&check.name);
    let mut taken = Vec::with_capacity(checks.len());
    for wanted in [true, false] {
        for (index, check) in checks.iter().enumerate() {
            if named(check) == wanted {
                take(checks, index, &mut taken);
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    #[test]
    fn what_is_to_come_first_comes_behind_what_it_builds_on() {
        let lab = small_lab::Lab::new();
        let catalogue = Catalogue::load(lab.root()).unwrap();
        let mut checks = vec![catalogue.entries[0].data.checks[0].clone(); 5];
        for (index, (name, after)) in [("a", ""), ("b", ""), ("c", "b"), ("d", "c"), ("e", "")]
            .into_iter()
            .enumerate()
        {
            checks[index].name = name.into();
            checks[index].after = vec![after.into()];
        }
        let order = |first: &[&str]| {
            let first: Vec<String> = first.iter().map(|&name| name.into()).collect();
            super::order(&checks, &first)
        };
        assert_eq!(order(&[]), [0, 1, 2, 3, 4]);
        assert_eq!(order(&["e"]), [4, 0, 1, 2, 3]);
        assert_eq!(order(&["e", "d", "no such"]), [1, 2, 3, 4, 0]);
    }
}
