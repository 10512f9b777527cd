//! What policies want remembered of one review.

use crate::limits;

/// Keys and values for the audit record, each once, and at most [`limits::NOTES`] of them: a policy may write thousands
/// into one answer.
#[derive(Debug, Default)]
pub struct Notes {
    kept: Vec<(String, String)>,
    left_out: u64,
}

impl Notes {
    /// Puts one down behind the name of the policy that wrote it, or counts it when there is no room.
    pub(super) fn add(&mut self, policy: &str, key: &str, value: String) {
        let note = (format!("{policy}.{key}"), value);
        // A check that is asked twice says the same again.
        if self.kept.contains(&note) {
            return;
        }
        if self.kept.len() < limits::NOTES {
            self.kept.push(note);
        } else {
            self.left_out += 1;
        }
    }

    /// Those that were kept, in the order they were written.
    pub fn iter(&self) -> impl Iterator<Item = &(String, String)> {
        self.kept.iter()
    }

    /// How many were not kept, each counted as often as it was written.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_notes_are_kept_and_the_others_counted() {
        let mut notes = Notes::default();
        for n in 0..limits::NOTES + 7 {
            notes.add("team", &n.to_string(), "x".to_owned());
        }
        notes.add("team", "0", "x".to_owned());
        let kept: Vec<&str> = notes.iter().map(|(key, _)| key.as_str()).collect();
        let first: Vec<String> = (0..limits::NOTES).map(|n| format!("team.{n}")).collect();
        assert_eq!((kept, notes.left_out()), (first.iter().map(String::as_str).collect(), 7));
    }
}
