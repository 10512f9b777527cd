//! Text from a guest, made harmless: it may end up in a log, on a terminal or in an answer.

/// Escapes what could move a cursor, end a line or reorder text, and cuts the result to at most `limit` octets.
///
/// A cut text ends in `…`.
pub fn printable(text: String, limit: usize) -> String {
    if text.len() <= limit && !text.chars().any(is_harmful) {
        return text;
    }
    let mut clean = String::with_capacity(text.len().min(limit));
    for char in text.chars() {
        let before = clean.len();
        if is_harmful(char) {
            clean.extend(char.escape_default());
        } else {
            clean.push(char);
        }
        if clean.len() > limit {
            clean.truncate(before);
            return cut(clean, limit);
        }
    }
    clean
}

/// Puts the mark of a cut text at its end, taking away what has to make room for it.
fn cut(mut text: String, limit: usize) -> String {
    const MARK: char = '…';
    while text.len().saturating_add(MARK.len_utf8()) > limit {
        if text.pop().is_none() {
            return text;
        }
    }
    text.push(MARK);
    text
}

/// Controls, line and paragraph separators, and the marks that change the direction of text.
fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_left_alone() {
        assert_eq!(printable("Zürich, 東京".into(), 64), "Zürich, 東京");
    }

    #[test]
    fn escape_sequences_and_line_ends_are_spelled_out() {
        assert_eq!(printable("a\x1b[31m\r\nb".into(), 64), "a\\u{1b}[31m\\r\\nb");
        assert_eq!(printable("\u{202e}txt".into(), 64), "\\u{202e}txt");
    }

    #[test]
    fn a_text_of_exactly_the_limit_is_not_cut() {
        assert_eq!(printable("x".repeat(8), 8), "xxxxxxxx");
        assert_eq!(printable("x".repeat(9), 8), "xxxxx…");
    }

    proptest! {
        #[test]
        fn no_text_is_longer_than_its_limit_or_harmful(text in any::<String>(), limit in 0usize..64) {
            let clean = printable(text, limit);
            prop_assert!(clean.len() <= limit);
            prop_assert!(!clean.chars().any(is_harmful));
        }
    }
}
