//! The guest's side of the contract, generated from its WIT text, for Rust and for C, and its page in the handbook.
//!
//! The result is committed: an author's first build then compiles 4 files of plain Rust instead of a parser, a code
//! generator and what they depend on. A test holds it equal to what the contract gives today.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::{Opts, WithOption};
use wit_parser::Resolve;

use crate::reference;

/// Where the generated files live, below the root of the workspace.
const BINDINGS: &str = "policy-sdk/src/bindings";

/// The published version of the contract they are generated from.
const CONTRACT: &str = "policy-sdk/wit/v0.1";

/// The worlds, each a file of its own name. Types and capabilities are generated once, with `pure` and `effects`; the
/// other worlds refer to them, so that a `Denial` is one type for provisioners and checks.
const WORLDS: [World; 4] = [
    World { name: "pure", macro_name: None, reuses: &[] },
    World { name: "effects", macro_name: None, reuses: &["types"] },
    World { name: "provisioner-module", macro_name: Some("__export_provisioner"), reuses: PURE },
    World { name: "check-module", macro_name: Some("__export_check"), reuses: PURE },
];

const PURE: &[&str] = &["types", "log", "crypto", "jose", "x509"];

struct World {
    name: &'static str,
    macro_name: Option<&'static str>,
    reuses: &'static [&'static str],
}

/// Where those for C live.
const C_BINDINGS: &str = "policy-sdk/languages/c/bindings";

/// The object file among them holds the component's type, which another language takes from it.
const TYPE: (&str, &str) = ("check_module_component_type.o", "policy-sdk/languages/assemblyscript/bindings");

/// What C is generated for: checks.
const C_WORLD: &str = "check-module";

/// Writes the files.
pub(crate) fn write(workspace: &Path) -> Result<()> {
    for (path, octets) in generate(workspace)? {
        fs::write(&path, octets).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// The files as they should be.
fn generate(workspace: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let contract = workspace.join(CONTRACT);
    let rust = WORLDS.iter().map(|world| Ok((path(workspace, world), world.generate(&contract)?)));
    let mut all = rust.collect::<Result<Vec<_>>>()?;
    let mut c = wit_bindgen_c::Opts::default().build();
    let folder = workspace.join(C_BINDINGS);
    let files = files(&mut *c, &contract, C_WORLD)?;
    all.extend(files.iter().map(|(name, octets)| (folder.join(name), octets.to_vec())));
    let (type_file, folder) = (TYPE.0, workspace.join(TYPE.1));
    all.extend(files.iter().filter(|file| file.0 == type_file).map(|(name, it)| (folder.join(name), it.to_vec())));
    all.push((workspace.join(reference::PAGE), reference::page(&contract)?.into_bytes()));
    Ok(all)
}

/// What a generator makes of a world.
fn files(generator: &mut dyn WorldGenerator, contract: &Path, world: &str) -> Result<Files> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(contract)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    Ok(files)
}

fn path(workspace: &Path, world: &World) -> PathBuf {
    workspace.join(BINDINGS).join(format!("{}.rs", world.name.replace('-', "_")))
}

impl World {
    fn generate(&self, contract: &Path) -> Result<Vec<u8>> {
        let files = files(&mut self.options().build(), contract, self.name)?;
        let (_, text) = files.iter().next().context("the generator wrote nothing")?;
        Ok(text.to_vec())
    }

    fn options(&self) -> Opts {
        Opts {
            format: true,
            generate_all: true,
            pub_export_macro: true,
            export_macro_name: self.macro_name.map(str::to_owned),
            additional_derive_attributes: vec!["PartialEq".to_owned(), "Eq".to_owned()],
            with: self.reuses.iter().map(|interface| reuse(interface)).collect(),
            ..Opts::default()
        }
    }
}

fn reuse(interface: &str) -> (String, WithOption) {
    let path = format!("crate::bindings::pure::step::policy::{interface}");
    (format!("step:policy/{interface}@0.1.0"), WithOption::Path(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_bindings_are_what_the_contract_generates() {
        for (path, expected) in generate(&crate::workspace()).unwrap() {
            let committed = fs::read(&path).unwrap();
            assert!(committed == expected, "{} is out of date: run `cargo policies bindings`", path.display());
        }
    }
}
