//! The layout of JSON texts whose members are not all ours: white space changes, nothing else does.

/// JSON with one member or element a line; the text inside strings and the order stay as they are.
pub(crate) fn indented(json: &str, indent: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth: usize = 0;
    let mut letters = json.chars().filter(Outside::default().strip_white_space()).peekable();
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n(indent, depth));
    };
    let mut inside = Outside::default();
    while let Some(letter) = letters.next() {
        if inside.is_in_string(letter) {
            text.push(letter);
            continue;
        }
        match letter {
            '{' | '[' => {
                text.push(letter);
                if letters.peek().is_some_and(|next| matches!(next, '}' | ']')) {
                    text.extend(letters.next());
                } else {
                    depth += 1;
                    line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
                text.push(letter);
            }
            ',' => {
                text.push(letter);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            letter => text.push(letter),
        }
    }
    text
}

/// JSON without white space between its parts; the text inside strings and the order stay as they are.
pub(crate) fn compact(json: &str) -> String {
    json.chars().filter(Outside::default().strip_white_space()).collect()
}

/// The characters HTML gives a meaning, and the line separators of JavaScript, as `\uXXXX`: how Go writes JSON.
/// They occur only inside strings, where both spellings mean the same.
pub(crate) fn without_markup(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => safe.push(letter),
        }
    }
    safe
}

/// Whether a letter stands inside a string.
#[derive(Default)]
struct Outside {
    string: bool,
    escaped: bool,
}

impl Outside {
    /// Whether this letter, the next of the text, belongs to a string, its quotes included.
    fn is_in_string(&mut self, letter: char) -> bool {
        let was = self.string;
        if self.escaped {
            self.escaped = false;
        } else if was && letter == '\\' {
            self.escaped = true;
        } else if letter == '"' {
            self.string = !was;
        }
        was || self.string
    }

    fn strip_white_space(mut self) -> impl FnMut(&char) -> bool {
        move |letter| self.is_in_string(*letter) || !letter.is_ascii_whitespace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_strings_stay_and_lines_are_indented() {
        let json = r#"[ {"z":1, "a":{"x":"{,:\"}\\"},"claims":{ },"list":[1,2]} ]"#;
        let expected = r#"[
   {
      "z": 1,
      "a": {
         "x": "{,:\"}\\"
      },
      "claims": {},
      "list": [
         1,
         2
      ]
   }
]"#;
        assert_eq!(indented(json, "   "), expected);
        assert_eq!(indented("[]", "   "), "[]");
    }

    #[test]
    fn white_space_between_the_parts_goes_and_that_inside_strings_stays() {
        assert_eq!(compact("{ \"a b\" :\n\t[ 1 , \" \\\" \" ] }\n"), r#"{"a b":[1," \" "]}"#);
    }
}
