//! Component types, looked through before anybody reads them with functions that call themselves.
//!
//! A component type may hold others, three octets a level, and the readers of two libraries take a level of the stack
//! for each. And what a core module says of its interfaces may go round in circles, which one of them follows for ever.
//! A stack that overflows ends the process, so both are found here, without recursion.

use wasmparser::{
    BinaryReader, ComponentAlias, ComponentExternName, ComponentImport, ComponentType, ComponentTypeRef, CoreType,
    Error, Parser, Payload,
};

use crate::error::Fault;
use crate::text::printable;

/// Component and instance types inside one another. Those of the contract are three deep.
const DEPTH: usize = 32;

/// Refuses a section of types that are nested too deep; `octets` is its content.
///
/// What is malformed is left to those who read it next: they come as far as this does.
pub(super) fn check_nesting(octets: &[u8]) -> Result<(), Fault> {
    walk(octets, |_, _| Ok(()))
}

/// Refuses metadata of a core module that is nested too deep, or names an interface that is not of the contract.
///
/// Interfaces of one package cannot refer to each other through another one, so that there are no circles.
pub(super) fn check_metadata(metadata: &[u8]) -> Result<(), Fault> {
    let mut version = None;
    for payload in Parser::new(0).parse_all(metadata) {
        let Ok(payload) = payload else { break };
        let Payload::ComponentTypeSection(section) = payload else { continue };
        walk(metadata.get(section.range()).unwrap_or_default(), |depth, name| {
            // The world itself has any name its author likes; it is what the outermost type exports.
            let is_world = depth <= 2;
            if is_world || !name.contains(':') {
                return Ok(());
            }
            let Some((_, found)) = name.strip_prefix("step:policy/").and_then(|rest| rest.split_once('@')) else {
                return Err(foreign(name, "is not of `step:policy`"));
            };
            match version.get_or_insert_with(|| found.to_owned()) {
                version if version == found => Ok(()),
                _ => Err(foreign(name, "is of another version than the others")),
            }
        })?;
    }
    Ok(())
}

fn foreign(name: &str, why: &str) -> Fault {
    Fault::NotLiftable { reason: printable(format!("its metadata names the interface `{name}`, which {why}"), 512) }
}

/// Shows every imported and exported name to `visit`, with the number of types that are open around it.
fn walk(octets: &[u8], mut visit: impl FnMut(usize, &str) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut reader = BinaryReader::new(octets, 0);
    let Ok(types) = reader.read_var_u32() else { return Ok(()) };
    // How many items are left of every type that is open; those of the outermost level are types themselves.
    let mut open = vec![types];
    while let Some(left) = open.last_mut() {
        let Some(rest) = left.checked_sub(1) else {
            open.pop();
            continue;
        };
        *left = rest;
        match item(&mut reader, open.len() == 1) {
            Ok(Item::Opens(items)) if open.len() < DEPTH => open.push(items),
            Ok(Item::Opens(_)) => {
                let (what, limit) = ("component types inside one another", DEPTH as u64);
                return Err(Fault::TooComplex { what, count: limit.saturating_add(1), limit });
            }
            Ok(Item::Named(name)) => visit(open.len(), name)?,
            Ok(Item::Other) => {}
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

enum Item<'a> {
    /// A type that holds so many items.
    Opens(u32),
    /// An import or an export.
    Named(&'a str),
    Other,
}

/// Reads a type, or one declaration in a component or instance type.
fn item<'a>(reader: &mut BinaryReader<'a>, is_type: bool) -> Result<Item<'a>, Error> {
    match if is_type { 0x01 } else { reader.read_u8()? } {
        0x00 => reader.read::<CoreType<'a>>().map(|_| Item::Other),
        0x01 => {
            let mut ahead = reader.clone();
            if !matches!(ahead.read_u8()?, 0x41 | 0x42) {
                return reader.read::<ComponentType<'a>>().map(|_| Item::Other);
            }
            *reader = ahead;
            reader.read_var_u32().map(Item::Opens)
        }
        0x02 => reader.read::<ComponentAlias<'a>>().map(|_| Item::Other),
        0x03 => reader.read::<ComponentImport<'a>>().map(|import| Item::Named(import.name.name)),
        _ => {
            let name: ComponentExternName<'a> = reader.read()?;
            reader.read::<ComponentTypeRef>().map(|_| Item::Named(name.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const NEIGHBOUR: &str = include_str!("../tests/guests/neighbour.wat");

    /// One type: so many component types inside one another, and nothing in the innermost.
    fn nested(levels: usize) -> Vec<u8> {
        let mut octets = vec![1];
        octets.extend([0x41, 1, 1].repeat(levels - 1));
        octets.extend([0x41, 0]);
        octets
    }

    #[test]
    fn types_are_nested_to_the_limit_and_not_beyond() {
        assert_eq!(check_nesting(&nested(DEPTH - 1)), Ok(()));
        for levels in [DEPTH, 400_000] {
            assert!(matches!(check_nesting(&nested(levels)), Err(Fault::TooComplex { .. })), "{levels}");
        }
    }

    #[test]
    fn octets_that_are_no_types_are_left_to_others() {
        for octets in [&[][..], &[1], &[200], &[1, 0x41], &[1, 0x41, 3, 1], &[9, 0xff, 0xff]] {
            assert_eq!(check_nesting(octets), Ok(()));
        }
    }

    #[test]
    fn an_interface_of_another_package_or_version_is_not_followed() {
        let module = testing::module(NEIGHBOUR).unwrap();
        let load = |from: &str, to: &str| {
            // The name in the metadata, which has its length before it; the exports of the module are not it.
            let place = module.windows(from.len()).rposition(|octets| octets == from.as_bytes()).unwrap();
            let mut changed = module.clone();
            changed[place..place + to.len()].copy_from_slice(to.as_bytes());
            let runtime = crate::Runtime::new(crate::RuntimeConfig::default()).unwrap();
            runtime.load("changed", &changed).err().unwrap().to_string()
        };
        let error = load("step:policy/check@0.1.0", "step:polacy/check@0.1.0");
        assert!(error.contains("`step:polacy/check@0.1.0`, which is not of `step:policy`"), "{error}");
        let error = load("step:policy/check@0.1.0", "step:policy/check@0.1.7");
        assert!(error.contains("`step:policy/check@0.1.7`, which is of another version"), "{error}");
    }
}
