//! Words of others on their way to a terminal.

use std::{borrow::Cow, fmt::Write as _};

/// The text with everything that could steer a terminal or reorder a line written as `\u{…}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if steers(letter) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    Cow::Owned(safe)
}

/// JSON as Go writes it, for text that already is JSON: `<`, `>`, `&`, the line separators, and whatever steers a
/// terminal, as `\uXXXX`. Such characters occur only inside strings, where both spellings mean the same.
pub fn printable_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        let layout = letter == '\n' || letter == '\t';
        if matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') || (steers(letter) && !layout) {
            let _ = write!(safe, "\\u{:04x}", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// Whether it is a C0 or C1 control, DEL, or one of the characters that change the direction of what follows.
fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_stranger_cannot_steer_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\u{9b}c\u{202e}d\n"), "a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{a}");
        assert_eq!(printable("Zoë — plain"), "Zoë — plain");
    }

    #[test]
    fn escaped_json_is_still_the_same_json() {
        let value = serde_json::json!({"name": "<a>&\u{9b}\u{2028}\u{202e}"});
        let text = printable_json(&serde_json::to_string_pretty(&value).expect("a value of strings"));
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
