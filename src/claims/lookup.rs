//! Claims by name.

use super::{Claim, registry};

/// The claim with this id.
pub fn find(id: &str) -> Option<&'static Claim> {
    registry().into_iter().find(|claim| claim.id == id)
}

/// The claims that `name` means: an id, a chapter, the beginning of an id, or else the part of an id after its chapter.
pub fn matching(name: &str) -> Vec<&'static Claim> {
    let all = registry();
    let meant = |by: &dyn Fn(&Claim) -> bool| all.iter().filter(|claim| by(claim)).copied().collect::<Vec<_>>();
    let ways: [&dyn Fn(&Claim) -> bool; 3] =
        [&|claim| claim.id == name || claim.chapter() == name, &|claim| claim.id.starts_with(name), &|claim| {
            claim.slug() == name
        }];
    ways.into_iter().map(meant).find(|found| !found.is_empty()).unwrap_or_default()
}

/// Ids that may have been meant by a name that means none: those that contain it, or else those that differ from it, or whose chapter or
/// slug does, by few letters; the nearest first, five at most.
pub fn nearest(name: &str) -> Vec<&'static str> {
    let mut near: Vec<(usize, &'static str)> = registry()
        .into_iter()
        .filter_map(|claim| {
            if claim.id.contains(name) {
                return Some((0, claim.id));
            }
            let away = [claim.id, claim.chapter(), claim.slug()].map(|part| distance(name, part)).into_iter().min()?;
            (3 * away <= name.chars().count().max(3)).then_some((away, claim.id))
        })
        .collect();
    near.sort();
    near.into_iter().map(|(_, id)| id).take(5).collect()
}

/// Letters to insert, delete or replace to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_textbook() {
        let pairs = [("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2), ("same", "same", 0)];
        for (a, b, expected) in pairs {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn names_are_ids_chapters_beginnings_or_slugs_and_mistakes_are_answered() {
        assert_eq!(matching("factor-three").len(), 1);
        assert_eq!(matching("gradient-descent.fac")[0].id, "gradient-descent.factor-three");
        assert!(matching("gradient").iter().all(|claim| claim.chapter() == "gradient"));
        assert!(matching("factor-tree").is_empty() && matching("gradient-descend.plateau").is_empty());
        assert_eq!(nearest("factor-tree")[0], "gradient-descent.factor-three");
        assert_eq!(nearest("gradient-descend.plateau")[0], "gradient-descent.plateau");
        assert!(nearest("three").contains(&"gradient-descent.factor-three"));
        assert!(nearest("nothing of the kind").is_empty());
    }
}
