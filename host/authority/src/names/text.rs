//! Characters that have no place in a name, whatever kind it is.

/// The first character that could hide or disguise what a name says: NUL and
/// the other controls (C0, DEL, C1), line and paragraph ends, and the
/// characters that change the direction of text.
pub(crate) fn forbidden_character(text: &str) -> Option<char> {
    text.chars().find(|character| character.is_control() || is_line_end(*character) || is_bidi_control(*character))
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

/// Bidi_Control of the Unicode Character Database.
fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_line_ends_and_direction_marks_are_found() {
        for character in ['\0', '\t', '\n', '\r', '\x7f', '\u{85}', '\u{9f}', '\u{2028}', '\u{202e}', '\u{2066}'] {
            assert_eq!(forbidden_character(&format!("a{character}b")), Some(character));
        }
        assert_eq!(forbidden_character("Müller & Söhne, 東京"), None);
    }
}
