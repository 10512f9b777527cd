//! What is remembered of a configuration: all that decides, and no secret.

use std::sync::Arc;

use pkcs11::KeyUri;

use super::document::{Node, Value};
use crate::audit::Digest;

/// The text of a configuration as it may be kept beside the decisions that were made with it.
///
/// It is read like `ca.json` itself. Letter for letter what was written, but for white space and for what is secret: the
/// password, the PIN of a token, the encrypted keys of provisioners, and headers that are written out in grants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Generation {
    /// SHA-256 of the text.
    pub digest: Digest,
    /// A JSON object.
    pub text: Arc<str>,
}

impl Generation {
    pub(super) fn of(tree: &Node<'_>) -> Self {
        let mut text = String::with_capacity(tree.text.len());
        write(tree, &mut Vec::new(), &mut text);
        Self { digest: Digest::of(&[text.as_bytes()]), text: text.into() }
    }
}

fn write<'t>(node: &'t Node<'_>, path: &mut Vec<&'t str>, text: &mut String) {
    match &node.value {
        Value::Object(members) => {
            text.push('{');
            let mut is_first = true;
            for member in members {
                path.push(&member.name);
                if !is_left_out(path) {
                    if !std::mem::take(&mut is_first) {
                        text.push(',');
                    }
                    text.push_str(&serde_json::to_string(&member.name).expect("text has a JSON form"));
                    text.push(':');
                    write(&member.node, path, text);
                }
                path.pop();
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                path.push(ELEMENT);
                write(element, path, text);
                path.pop();
            }
            text.push(']');
        }
        Value::String(_) if is_withheld(path) => text.push_str(r#""withheld""#),
        Value::String(uri) if is_key_uri(path) && KeyUri::is_one(uri) => {
            text.push_str(&serde_json::to_string(&KeyUri::without_pin(uri)).expect("text has a JSON form"));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(node.text),
    }
}

/// Stands for the index of an element.
const ELEMENT: &str = "[]";

fn is_left_out(path: &[&str]) -> bool {
    matches!(
        path,
        ["password"] | ["kms", "pin" | "managementKey"] | ["authority", "provisioners", "[]", "encryptedKey"]
    )
}

/// Where a PIN may stand in a URI.
fn is_key_uri(path: &[&str]) -> bool {
    matches!(path, ["key"] | ["kms", "uri"])
}

fn is_withheld(path: &[&str]) -> bool {
    matches!(path, ["policies", _, "grants", "http", "[]", "headers", _])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{document, error::Problems};

    fn of(text: &str) -> Generation {
        let mut problems = Problems::default();
        Generation::of(&document::read(text, &mut problems).unwrap())
    }

    #[test]
    fn white_space_makes_no_difference_and_everything_else_does() {
        let text = r#"{"a":[1.20,{"b é":"\u0041"}],"c":null}"#;
        assert_eq!(&*of(text).text, text);
        assert_eq!(of(&text.replace(',', " ,\n ")), of(text));
        assert_ne!(of(&text.replace("1.20", "1.2")), of(text));
    }

    #[test]
    fn what_is_secret_is_not_in_it() {
        let text = r#"{"password":"p1","authority":{"provisioners":[{"name":"a","encryptedKey":"p2"}]},
            "policies":{"corp":{"password":"setting","grants":{"http":[{"headers":{"authorization":"p3"}}]}}}}"#;
        let generation = of(text);
        assert_eq!(
            &*generation.text,
            r#"{"authority":{"provisioners":[{"name":"a"}]},"policies":{"corp":{"password":"setting","grants":{"http":[{"headers":{"authorization":"withheld"}}]}}}}"#
        );
    }
}
