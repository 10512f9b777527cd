//! `step crypto rand`

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::{
    answer::{Octets, Text},
    context::Context,
    error::ExitStatus,
    random,
};

/// Print a random string
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto rand
  step crypto rand 16 --format hex
  step crypto rand --format uuid")]
pub(crate) struct Rand {
    /// Number of characters; for raw, of octets
    #[arg(value_name = "LENGTH", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    length: u32,
    /// Which characters
    #[arg(long, value_enum, default_value = "ascii")]
    format: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// Printable ASCII without the blank
    Ascii,
    /// Letters and digits
    Alphanumeric,
    /// Letters
    Alphabet,
    /// Capital letters
    Upper,
    /// Small letters
    Lower,
    /// Digits
    Dec,
    /// Digits and the letters a to f
    Hex,
    /// Octets
    Raw,
    /// A version 4 UUID (RFC 9562)
    Uuid,
}

impl Format {
    fn contains(self, letter: char) -> bool {
        match self {
            Self::Ascii | Self::Raw | Self::Uuid => letter.is_ascii_graphic(),
            Self::Alphanumeric => letter.is_ascii_alphanumeric(),
            Self::Alphabet => letter.is_ascii_alphabetic(),
            Self::Upper => letter.is_ascii_uppercase(),
            Self::Lower => letter.is_ascii_lowercase(),
            Self::Dec => letter.is_ascii_digit(),
            Self::Hex => matches!(letter, '0'..='9' | 'a'..='f'),
        }
    }
}

impl Rand {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let length = usize::try_from(self.length)?;
        match self.format {
            Format::Uuid => cx.output.give(&Text::line("value", &random::uuid().to_string()))?,
            Format::Raw => {
                let octets = (0..length).map(|_| u8::from_be_bytes(random::octets()));
                cx.output.give(&Octets::named("value", &Zeroizing::new(octets.collect::<Vec<u8>>())))?;
            }
            format => cx.output.give(&Text::line("value", &letters(format, length)))?,
        }
        Ok(ExitStatus::Success)
    }
}

/// So many letters and an end of line. What does not belong is thrown away, so every letter stays equally likely.
fn letters(format: Format, length: usize) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(length));
    while text.len() < length {
        let octets = Zeroizing::new(random::octets::<64>());
        let letters = octets.iter().map(|octet| char::from(octet & 0x7f)).filter(|letter| format.contains(*letter));
        let missing = length - text.len();
        text.extend(letters.take(missing));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::User;

    #[test]
    fn the_letters_are_those_of_the_format_and_all_of_them_occur() {
        for (format, count) in [
            (Format::Ascii, 94),
            (Format::Alphanumeric, 62),
            (Format::Alphabet, 52),
            (Format::Upper, 26),
            (Format::Lower, 26),
            (Format::Dec, 10),
            (Format::Hex, 16),
        ] {
            let text = letters(format, 20_000);
            let distinct: std::collections::BTreeSet<char> = text.chars().collect();
            assert_eq!((text.len(), distinct.len()), (20_000, count), "{format:?}");
        }
    }

    #[test]
    fn length_and_format_have_their_defaults() {
        let user = User::new();
        assert_eq!(user.step("crypto rand").answer().trim_end().len(), 32);
        assert_eq!(user.step("crypto rand 8 --format hex").answer().trim_end().len(), 8);
        assert_ne!(user.step("crypto rand").answer(), user.step("crypto rand").answer());
        assert_eq!(user.step("crypto rand --format uuid").answer().trim_end().len(), 36);
        for length in ["0", "-1", "x"] {
            assert_eq!(user.step(&format!("crypto rand -- {length}")).status, ExitStatus::Failure);
        }
    }
}
