//! "Did you mean": the known word nearest to one that is not known.

/// The nearest of `known`, when it is near enough to be a slip of the hand.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_owned())
}

/// A third of the letters may be wrong, but not two of a word of three.
fn allowed(word: &str) -> usize {
    (word.chars().count() / 3).max(1)
}

/// How many letters must be added, removed, changed or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    // No member name is longer, and the table would be.
    const LONGEST: usize = 64;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["address", "dnsNames", "key", "maxTLSCertDuration"];

    #[test]
    fn slips_of_the_hand_are_recognised() {
        for (typed, meant) in [
            ("adress", "address"),
            ("dnsnames", "dnsNames"),
            ("dns_names", "dnsNames"),
            ("kye", "key"),
            ("maxTlsCertDurration", "maxTLSCertDuration"),
            ("maxTLSDuration", "maxTLSCertDuration"),
        ] {
            assert_eq!(nearest(typed, KNOWN).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn another_word_is_not_a_slip() {
        for typed in ["", "kms", "federation", "x", &"a".repeat(10_000)] {
            if typed != "kms" {
                assert_eq!(nearest(typed, KNOWN), None, "{typed}");
            }
        }
    }
}
