//! A-labels: `xn--` labels that really encode an internationalized name.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// Whether the lower-case `label` decodes, has a character outside of ASCII,
/// is what that U-label encodes to (which holds only for NFC), and has no
/// character IDNA 2008 disallows (RFC 5890 §2.3.2.1, RFC 5892 §2, §3).
pub(super) fn is_a_label(label: &str) -> bool {
    let uts46 = Uts46::new();
    let (unicode, decoded) = uts46.to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    if decoded.is_err() || unicode.is_ascii() || unicode.contains('.') {
        return false;
    }
    let encoded = uts46.to_ascii(unicode.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify);
    encoded.is_ok_and(|encoded| encoded == label) && has_only_permitted_characters(&unicode)
}

/// UTS 46 lets symbols and punctuation pass, IDNA 2008 does not.
fn has_only_permitted_characters(unicode: &str) -> bool {
    let characters: Vec<char> = unicode.chars().collect();
    characters.iter().enumerate().all(|(index, character)| {
        let before = index.checked_sub(1).and_then(|index| characters.get(index)).copied();
        let after = characters.get(index + 1).copied();
        match character {
            // Contextual rules of RFC 5892 appendix A. Joiners (A.1, A.2) were
            // checked with the decoding.
            '\u{200c}' | '\u{200d}' => true,
            '\u{b7}' => before == Some('l') && after == Some('l'),
            '\u{375}' => after.is_some_and(|after| script(after) == Script::Greek),
            '\u{5f3}' | '\u{5f4}' => before.is_some_and(|before| script(before) == Script::Hebrew),
            '\u{30fb}' => characters
                .iter()
                .any(|other| matches!(script(*other), Script::Hiragana | Script::Katakana | Script::Han)),
            '\u{660}'..='\u{669}' => !characters.iter().any(|other| matches!(other, '\u{6f0}'..='\u{6f9}')),
            // Exceptions of RFC 5892 §2.6.
            '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' => true,
            '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => false,
            // Old Hangul Jamo (RFC 5892 §2.9).
            '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}' => false,
            character => character.is_ascii() || is_letter_or_digit(*character),
        }
    })
}

/// LetterDigits of RFC 5892 §2.1. Of the capitals only those of Cherokee
/// survive the round trip: that script folds its case upwards.
fn is_letter_or_digit(character: char) -> bool {
    use GeneralCategory::*;
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        LowercaseLetter | UppercaseLetter | OtherLetter | ModifierLetter | NonspacingMark | SpacingMark | DecimalNumber
    )
}

fn script(character: char) -> Script {
    CodePointMapData::<Script>::new().get(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(unicode: &str) -> String {
        idna::domain_to_ascii(unicode).unwrap()
    }

    #[test]
    fn labels_of_many_scripts_are_a_labels() {
        for unicode in
            ["bücher", "straße", "παράδειγμα", "例え", "пример", "उदाहरण", "דוגמה", "مثال", "col·lecció", "・カ", "ᏣᎳᎩ"]
        {
            assert!(is_a_label(&encode(unicode)), "{unicode}");
        }
    }

    #[test]
    fn labels_that_stand_for_no_name_are_not() {
        for label in [
            "xn--",
            "xn--a",
            "xn--a-", // decodes to ASCII
            "xn--example-",
            "xn--bcher-kv", // cut short
            "xn--0000h",
            "xn--bcher-kva-",
            "xn--99999999",
        ] {
            assert!(!is_a_label(label), "{label}");
        }
    }

    #[test]
    fn symbols_and_context_that_idna_2008_disallows_are_refused() {
        for unicode in ["💩", "a→b", "♥", "a·b", "・a"] {
            assert!(!is_a_label(&encode(unicode)), "{unicode}");
        }
    }
}
