//! JSON Schema written by the compiler, and the sections of a module that carry what is said about it.
//!
//! A module says about itself what a person needs to configure and test it: the schema of its settings and the rules it
//! can name. Both lie in custom sections, which no instance ever sees: they cost nothing while the CA runs.

/// JSON Schema of one value, as a constant.
#[derive(Clone, Copy, Debug)]
pub enum Schema {
    /// A schema that is written already, e.g. `{"type":"string"}`.
    Text(&'static str),
    /// Any number of values, each as described.
    List(&'static Schema),
    /// An object with these members and no others.
    Object(&'static [Member]),
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its documentation, line by line.
    pub description: &'static [&'static str],
    /// JSON of the value it has when it is left out; a member without one must be there.
    pub default: Option<&'static str>,
    /// What it holds.
    pub schema: &'static Schema,
}

impl Schema {
    /// Octets of the schema as JSON.
    pub const fn octets(&self) -> usize {
        self.write(&mut [], 0)
    }

    /// The schema as JSON; `N` is their number, [`octets`](Self::octets).
    pub const fn to_octets<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        self.write(&mut octets, 0);
        octets
    }

    /// The schema as JSON.
    pub fn to_json(&self) -> String {
        let mut octets = vec![0; self.octets()];
        self.write(&mut octets, 0);
        String::from_utf8(octets).expect("written from texts")
    }

    /// Writes at `at` and says where the next octet goes. Only counts when there is nowhere to write.
    const fn write(&self, out: &mut [u8], at: usize) -> usize {
        match self {
            Self::Text(text) => raw(out, at, text),
            Self::List(items) => {
                let at = raw(out, at, r#"{"type":"array","items":"#);
                let at = items.write(out, at);
                raw(out, at, "}")
            }
            Self::Object(members) => object(out, at, members),
        }
    }
}

const fn object(out: &mut [u8], at: usize, members: &[Member]) -> usize {
    let mut at = raw(out, at, r#"{"type":"object","properties":{"#);
    let mut index = 0;
    while index < members.len() {
        at = raw(out, at, if index == 0 { "\"" } else { ",\"" });
        at = raw(out, at, members[index].name);
        at = raw(out, at, "\":");
        at = member(out, at, &members[index]);
        index += 1;
    }
    at = raw(out, at, "},\"required\":[");
    let (mut index, mut separator) = (0, "\"");
    while index < members.len() {
        if members[index].default.is_none() {
            at = raw(out, at, separator);
            at = raw(out, at, members[index].name);
            at = raw(out, at, "\"");
            separator = ",\"";
        }
        index += 1;
    }
    raw(out, at, "],\"additionalProperties\":false}")
}

/// The member's schema, with its description and its default as the first members.
const fn member(out: &mut [u8], at: usize, member: &Member) -> usize {
    let mut at = raw(out, at, "{\"description\":\"");
    let mut line = 0;
    while line < member.description.len() {
        // What a documentation comment holds begins with the space after the slashes, which parts the lines.
        at = escaped(out, at, member.description[line], line == 0);
        line += 1;
    }
    at = raw(out, at, "\",");
    if let Some(default) = member.default {
        at = raw(out, at, "\"default\":");
        at = raw(out, at, default);
        at = raw(out, at, ",");
    }
    at = raw(out, at, "\"allOf\":[");
    at = member.schema.write(out, at);
    raw(out, at, "]}")
}

const fn raw(out: &mut [u8], at: usize, text: &str) -> usize {
    let text = text.as_bytes();
    let mut index = 0;
    while index < text.len() {
        if at + index < out.len() {
            out[at + index] = text[index];
        }
        index += 1;
    }
    at + text.len()
}

const fn escaped(out: &mut [u8], mut at: usize, text: &str, is_first: bool) -> usize {
    let text = text.as_bytes();
    let mut index = if is_first && !text.is_empty() && text[0] == b' ' { 1 } else { 0 };
    while index < text.len() {
        if text[index] == b'"' || text[index] == b'\\' {
            at = raw(out, at, "\\");
        }
        if at < out.len() {
            out[at] = text[index];
        }
        at += 1;
        index += 1;
    }
    at
}

/// Octets of the lines, each with its end.
#[doc(hidden)]
pub const fn lines_len(lines: &[&str]) -> usize {
    write_lines(lines, &mut [])
}

/// The lines; `N` is their [`lines_len`].
#[doc(hidden)]
pub const fn lines<const N: usize>(lines: &[&str]) -> [u8; N] {
    let mut octets = [0; N];
    write_lines(lines, &mut octets);
    octets
}

const fn write_lines(lines: &[&str], out: &mut [u8]) -> usize {
    let (mut at, mut index) = (0, 0);
    while index < lines.len() {
        at = raw(out, at, lines[index]);
        at = raw(out, at, "\n");
        index += 1;
    }
    at
}

/// Puts what a module says about itself into its file.
#[doc(hidden)]
#[macro_export]
macro_rules! __sections {
    ($(settings: $settings:ty)?; $(rules: [$($rule:expr),*])?) => {
        $(
            #[allow(unsafe_code)]
            const _: () = {
                const SCHEMA: &$crate::schema::Schema = <$settings as $crate::settings::Setting>::SCHEMA;
                #[used]
                #[unsafe(link_section = "step:settings-schema")]
                static SECTION: [u8; SCHEMA.octets()] = SCHEMA.to_octets();
            };
        )?
        $(
            #[allow(unsafe_code)]
            const _: () = {
                const RULES: &[&str] = &[$($rule),*];
                #[used]
                #[unsafe(link_section = "step:rules")]
                static SECTION: [u8; $crate::schema::lines_len(RULES)] = $crate::schema::lines(RULES);
            };
        )?
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Schema = Schema::Text(r#"{"type":"string"}"#);
    const OUTER: Schema = Schema::Object(&[
        Member { name: "a", description: &[" Says \"a\".", " And more."], default: None, schema: &INNER },
        Member { name: "b", description: &[], default: Some("[]"), schema: &Schema::List(&INNER) },
    ]);

    #[test]
    fn a_schema_is_json_with_descriptions_defaults_and_what_is_required() {
        let schema: serde_json::Value = serde_json::from_str(&OUTER.to_json()).unwrap();
        assert_eq!(schema["properties"]["a"]["description"], "Says \"a\". And more.");
        assert_eq!(schema["properties"]["b"]["default"], serde_json::json!([]));
        assert_eq!(schema["properties"]["b"]["allOf"][0]["items"]["type"], "string");
        assert_eq!(schema["required"], serde_json::json!(["a"]));
    }

    #[test]
    fn the_compiler_writes_what_the_program_writes() {
        const OCTETS: [u8; OUTER.octets()] = OUTER.to_octets();
        assert_eq!(OCTETS, OUTER.to_json().as_bytes());
        assert_eq!(lines::<{ lines_len(&["a.b", "c"]) }>(&["a.b", "c"]), *b"a.b\nc\n");
    }
}
