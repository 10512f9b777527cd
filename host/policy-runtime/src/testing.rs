//! Modules made from readable text: WebAssembly text, with what a compiler would add.
//!
//! Lines that begin with `;;` and one of these words say what to do with the text:
//!
//! | line | effect |
//! |---|---|
//! | `;; world: check-module` | embeds the metadata of that world of the contract, as the SDK does |
//! | `;; contract: 0.2.0` | that metadata, for another version of the contract |
//! | `;; repeat: 1000 (drop (i32.const 1))` | writes the rest of the line that often, in its place |
//! | `;; truncate: 100` | keeps so many octets of the module |

use std::fs;
use std::path::Path;

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The contract as one text. The file that names the package comes first.
pub(crate) const CONTRACT: &str = concat!(
    include_str!("../../../policy-sdk/wit/v0.1/types.wit"),
    include_str!("../../../policy-sdk/wit/v0.1/capabilities.wit"),
    include_str!("../../../policy-sdk/wit/v0.1/check.wit"),
    include_str!("../../../policy-sdk/wit/v0.1/provisioner.wit"),
    include_str!("../../../policy-sdk/wit/v0.1/worlds.wit"),
);

/// The module of a `policy.wat`.
///
/// # Errors
///
/// What is wrong with the text, for the person who wrote it.
pub fn module(text: &str) -> Result<Vec<u8>, String> {
    let mut module = wat::parse_str(expand(text)?).map_err(|error| error.to_string())?;
    if let Some(world) = directive(text, "world") {
        let version = directive(text, "contract").unwrap_or("0.1.0");
        embed(&mut module, world, &CONTRACT.replace("0.1.0", version))?;
    }
    if let Some(octets) = directive(text, "truncate") {
        module.truncate(number(octets)?);
    }
    Ok(module)
}

/// The module of a case, a folder such as those in `tests/policy/cases`: its `policy.wat`, or its `policy.wasm` when there
/// is no text for what it holds.
///
/// # Errors
///
/// As [`module`], or why there is no file.
pub fn case(folder: &Path) -> Result<Vec<u8>, String> {
    match fs::read_to_string(folder.join("policy.wat")) {
        Ok(text) => module(&text).map_err(|error| format!("{}: {error}", folder.display())),
        Err(_) => fs::read(folder.join("policy.wasm")).map_err(|error| format!("{}: {error}", folder.display())),
    }
}

fn directive<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.trim().strip_prefix(";; ")?.strip_prefix(name)?.strip_prefix(": "))
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

/// Writes out the lines that repeat themselves.
fn expand(text: &str) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    for line in text.lines() {
        match line.trim().strip_prefix(";; repeat: ").and_then(|rest| rest.split_once(' ')) {
            Some((count, line)) => (0..number(count)?).for_each(|_| {
                expanded.push_str(line);
                expanded.push('\n');
            }),
            None => {
                expanded.push_str(line);
                expanded.push('\n');
            }
        }
    }
    Ok(expanded)
}

/// Adds what says which functions of the contract the exports are.
pub(crate) fn embed(module: &mut Vec<u8>, world: &str, contract: &str) -> Result<(), String> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", contract).map_err(|error| format!("{error:#}"))?;
    let world = resolve.select_world(&[package], Some(world)).map_err(|error| format!("{error:#}"))?;
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8).map_err(|error| format!("{error:#}"))
}
