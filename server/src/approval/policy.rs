//! Which people fill which requirement, matched best: an early approval never takes a place that only another could fill.

use crate::approval::settings::Requirement;

/// How many of each requirement are still missing, in the order of the requirements, with the most places filled that can
/// be. `in_group(person, group)` says who stands for what; a person fills one place.
#[must_use]
pub fn missing(requirements: &[Requirement], people: usize, in_group: &dyn Fn(usize, &str) -> bool) -> Vec<u32> {
    let places: Vec<(usize, &str)> = requirements
        .iter()
        .enumerate()
        .flat_map(|(at, requirement)| (0..requirement.count).map(move |_| (at, requirement.group.as_str())))
        .collect();
    let fits: Vec<Vec<usize>> =
        places.iter().map(|(_, group)| (0..people).filter(|person| in_group(*person, group)).collect()).collect();
    // Kuhn's augmenting paths: the person at a place, if any.
    let mut taken: Vec<Option<usize>> = vec![None; people];
    let mut missing = vec![0; requirements.len()];
    for (place, (requirement, _)) in places.iter().enumerate() {
        let mut seen = vec![false; people];
        if !seat(place, &fits, &mut taken, &mut seen)
            && let Some(count) = missing.get_mut(*requirement)
        {
            *count += 1;
        }
    }
    missing
}

/// Finds somebody for a place, moving others to where they fit too.
fn seat(place: usize, fits: &[Vec<usize>], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &person in fits.get(place).into_iter().flatten() {
        let Some(mark) = seen.get_mut(person).filter(|mark| !**mark) else { continue };
        *mark = true;
        let free = match taken.get(person).copied().flatten() {
            None => true,
            Some(other) => seat(other, fits, taken, seen),
        };
        if free {
            if let Some(at) = taken.get_mut(person) {
                *at = Some(place);
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(requirements: &[(&str, u32)], people: &[&[&str]]) -> Vec<u32> {
        let requirements: Vec<Requirement> =
            requirements.iter().map(|(group, count)| Requirement { group: (*group).to_owned(), count: *count }).collect();
        missing(&requirements, people.len(), &|person, group| people.get(person).is_some_and(|groups| groups.contains(&group)))
    }

    #[test]
    fn one_person_in_two_groups_never_blocks() {
        let both: &[&str] = &["dba", "owners"];
        assert_eq!(left(&[("dba", 1), ("owners", 1)], &[both, &["dba"]]), [0, 0]);
        assert_eq!(left(&[("owners", 1), ("dba", 1)], &[both, &["owners"]]), [0, 0]);
        assert_eq!(left(&[("dba", 1), ("owners", 1)], &[both]), [0, 1], "one person fills one place");
        assert_eq!(left(&[("a", 1), ("b", 1), ("c", 1)], &[&["a", "b"], &["b", "c"], &["a"]]), [0, 0, 0]);
    }

    #[test]
    fn what_is_missing_is_told_by_requirement() {
        assert_eq!(left(&[("dba", 2), ("owners", 1)], &[&["dba"]]), [1, 1]);
        assert_eq!(left(&[("dba", 2)], &[]), [2]);
        assert_eq!(left(&[("dba", 1)], &[&["developers"]]), [1]);
        assert_eq!(left(&[], &[&["dba"]]), Vec::<u32>::new());
    }
}
