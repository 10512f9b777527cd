//! JSON as Go writes it.

use std::io;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

/// One value and a line feed, as the body of every answer. `<`, `>`, `&`, U+2028 and U+2029 are escaped.
pub(crate) fn document(value: &impl Serialize) -> Bytes {
    let mut text = compact(value);
    text.push(b'\n');
    text.into()
}

/// The same without the line feed.
pub(crate) fn compact(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::with_capacity(1024);
    value
        .serialize(&mut Serializer::with_formatter(&mut text, GoFormatter))
        .expect("wire types have text keys and fail at nothing");
    text
}

/// An answer with a JSON document.
pub(crate) fn answer(status: StatusCode, document: Bytes) -> Response {
    with_type(status, HeaderValue::from_static("application/json"), document)
}

/// An answer with a document of another type.
pub(crate) fn with_type(status: StatusCode, content_type: HeaderValue, document: Bytes) -> Response {
    let mut response = Response::new(Body::from(document));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

struct GoFormatter;

impl Formatter for GoFormatter {
    /// Called with the stretches of a string that JSON itself does not make us escape.
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Hardly any has one, and octets are faster to look through: those that begin with 0xe2 are looked at again.
        if !fragment.bytes().any(|octet| matches!(octet, b'<' | b'>' | b'&' | 0xe2)) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(position) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, special) = rest.split_at(position);
            writer.write_all(plain.as_bytes())?;
            let mut characters = special.chars();
            if let Some(character) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(character))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_that_html_or_javascript_could_misread_are_escaped() {
        assert_eq!(
            String::from_utf8(document(&"a<b>&\u{2028}\u{2029}\"é\n").to_vec()).unwrap(),
            "\"a\\u003cb\\u003e\\u0026\\u2028\\u2029\\\"é\\n\"\n"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(text in any::<String>()) {
            let written = document(&text);
            prop_assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), text);
            prop_assert!(!written.iter().any(|octet| b"<>&".contains(octet)));
        }
    }
}
