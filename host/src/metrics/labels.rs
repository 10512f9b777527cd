//! Values of labels that others choose, kept to a number.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// Names that have been seen. Each costs memory here and in whoever scrapes, for as long as the process lives.
pub(super) struct Labels {
    most: usize,
    /// Guards the names; looked at when a configuration is loaded and when something is denied, never on the way to a
    /// certificate.
    seen: Mutex<HashSet<String>>,
}

/// Stands for every name that came too late or is too long.
const OTHER: &str = "other";
/// Octets of a name.
const LONGEST: usize = 64;

impl Labels {
    pub(super) fn new(most: usize) -> Self {
        Self { most, seen: Mutex::default() }
    }

    /// The name, or the word for all that there is no room for.
    pub(super) fn admit(&self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        if name.len() > LONGEST || name.chars().any(char::is_control) {
            return OTHER.to_owned();
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(name) {
            return name.to_owned();
        }
        if seen.len() >= self.most {
            return OTHER.to_owned();
        }
        seen.insert(name.to_owned());
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_number_are_one() {
        let labels = Labels::new(2);
        let admitted: Vec<_> = ["a", "b", "c", "a", "", "d"].map(|name| labels.admit(name)).into();
        assert_eq!(admitted, ["a", "b", "other", "a", "", "other"]);
    }

    #[test]
    fn a_name_that_is_no_word_takes_no_place() {
        let labels = Labels::new(1);
        assert_eq!(labels.admit(&"x".repeat(65)), "other");
        assert_eq!(labels.admit("a\nb"), "other");
        assert_eq!(labels.admit("a"), "a");
    }
}
