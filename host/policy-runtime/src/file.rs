//! Module files in the hands of tools: what they say about themselves, and how they are made small and whole.

use wasmparser::{Encoding, Parser, Payload};

use crate::error::Fault;
use crate::text::printable;

/// A custom section by which a module tells the JSON Schema of its settings.
pub const SETTINGS_SCHEMA: &str = "step:settings-schema";
/// A custom section by which a module tells the rules its refusals can name, a line each.
pub const RULES: &str = "step:rules";

/// The text of a custom section, wherever in the file it lies. Only modules that were loaded should be asked: what is
/// not valid has no sections.
pub fn section(bytes: &[u8], name: &str) -> Option<String> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Ok(Payload::CustomSection(section)) = payload
            && section.name() == name
        {
            return String::from_utf8(section.data().to_vec()).ok();
        }
    }
    None
}

/// Takes names, source paths and the list of compilers out of what a compiler made, and makes a component of it. A
/// component is left as it is.
///
/// # Errors
///
/// [`Fault::Invalid`] and [`Fault::NotLiftable`].
pub fn component(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    match stripped(bytes)? {
        None => Ok(bytes.to_vec()),
        Some(module) => crate::module::lift(&module),
    }
}

/// The core module without what only debuggers read; `None` for a component.
fn stripped(bytes: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    const HEADER: usize = 8;
    let mut module = bytes.get(..HEADER).ok_or(Fault::NotWasm)?.to_vec();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| Fault::Invalid { reason: printable(error.to_string(), 512) })?;
        match &payload {
            Payload::Version { encoding: Encoding::Component, .. } => return Ok(None),
            Payload::CustomSection(section) if is_for_debuggers(section.name()) => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            module.push(id);
            let contents = bytes.get(range).unwrap_or_default();
            leb128(contents.len(), &mut module);
            module.extend_from_slice(contents);
        }
    }
    Ok(Some(module))
}

fn is_for_debuggers(section: &str) -> bool {
    matches!(section, "name" | "producers" | "target_features" | "sourceMappingURL") || section.starts_with(".debug_")
}

/// An unsigned number as the binary format writes it.
fn leb128(mut number: usize, out: &mut Vec<u8>) {
    loop {
        // Seven bits, so it fits.
        let low = u8::try_from(number & 0x7f).unwrap_or(0);
        number >>= 7;
        match number {
            0 => return out.push(low),
            _ => out.push(low | 0x80),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        r#"(module $named (func $f (export "f")) (@custom "producers" "rustc") (@custom "step:rules" "a.b\n"))"#;

    #[test]
    fn what_debuggers_read_is_taken_out_and_nothing_else() {
        let module = wat::parse_str(TEXT).unwrap();
        let small = stripped(&module).unwrap().unwrap();
        assert!(section(&module, "name").is_some() && section(&module, "producers").is_some());
        assert!(section(&small, "name").is_none() && section(&small, "producers").is_none());
        assert_eq!(section(&small, RULES).as_deref(), Some("a.b\n"));
        assert_eq!(small, wat::parse_str(r#"(module (func (export "f")) (@custom "step:rules" "a.b\n"))"#).unwrap());
    }

    #[test]
    fn a_component_is_left_as_it_is() {
        let component = wat::parse_str("(component)").unwrap();
        assert_eq!(super::component(&component).unwrap(), component);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert_eq!(component(b"\0asm"), Err(Fault::NotWasm));
    }

    #[test]
    fn a_name_section_that_is_no_text_is_not_read_as_one() {
        let module = wat::parse_str(r#"(module (@custom "step:rules" "\ff"))"#).unwrap();
        assert_eq!(section(&module, RULES), None);
    }
}
