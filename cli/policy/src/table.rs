//! Lines of a name and a value, the values below each other.

use std::io::{self, Write};

use policy_runtime::printable;

pub(crate) fn write(out: &mut dyn Write, lines: &[(&str, String)]) -> io::Result<()> {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in lines {
        // A module says what its rules and settings are, and a module is a stranger's.
        let mut parts = value.lines().map(|part| printable(part.to_owned(), usize::MAX));
        writeln!(out, "  {name:width$}  {}", parts.next().unwrap_or_default())?;
        for part in parts {
            writeln!(out, "  {:width$}  {part}", "")?;
        }
    }
    Ok(())
}

/// `41,234`
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_threes() {
        assert_eq!([0, 999, 1_000, 20_000_000].map(number), ["0", "999", "1,000", "20,000,000"]);
    }

    #[test]
    fn a_value_cannot_steer_a_terminal() {
        let mut out = Vec::new();
        write(&mut out, &[("rules", "a\u{1b}[2J\u{202e}b".to_owned())]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  rules  a\\u{1b}[2J\\u{202e}b\n");
    }

    #[test]
    fn values_stand_below_each_other() {
        let mut out = Vec::new();
        write(&mut out, &[("a", "1\n2".to_owned()), ("long", "3".to_owned())]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  a     1\n        2\n  long  3\n");
    }
}
