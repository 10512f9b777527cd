//! JSON files as `step ca init` writes them: three spaces a level, no end of line, markup characters escaped.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

pub(crate) fn to_string(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"   "));
    value.serialize(&mut serializer).expect("the models of files hold strings and numbers");
    let text = String::from_utf8(text).expect("JSON is UTF-8");
    // Outside of strings none of these occurs.
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_as_upstream_does_it() {
        assert_eq!(to_string(&["<a&b>\u{2028}"]), "[\n   \"\\u003ca\\u0026b\\u003e\\u2028\"\n]");
    }
}
