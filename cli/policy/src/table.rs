//! Lines of a name and a value, the values below each other.

use std::io::{self, Write};

pub(crate) fn write(out: &mut dyn Write, lines: &[(&str, String)]) -> io::Result<()> {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in lines {
        let mut parts = value.lines();
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
    fn values_stand_below_each_other() {
        let mut out = Vec::new();
        write(&mut out, &[("a", "1\n2".to_owned()), ("long", "3".to_owned())]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  a     1\n        2\n  long  3\n");
    }
}
