//! The guest's side of the contract, generated from its WIT text.
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

/// Writes the files.
pub(crate) fn write(workspace: &Path) -> Result<()> {
    for (path, text) in generate(workspace)? {
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// The files as they should be.
fn generate(workspace: &Path) -> Result<Vec<(PathBuf, String)>> {
    WORLDS.iter().map(|world| Ok((path(workspace, world), world.generate(&workspace.join(CONTRACT))?))).collect()
}

fn path(workspace: &Path, world: &World) -> PathBuf {
    workspace.join(BINDINGS).join(format!("{}.rs", world.name.replace('-', "_")))
}

impl World {
    fn generate(&self, contract: &Path) -> Result<String> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(contract)?;
        let world = resolve.select_world(&[package], Some(self.name))?;
        let mut files = Files::default();
        self.options().build().generate(&mut resolve, world, &mut files)?;
        let (_, text) = files.iter().next().context("the generator wrote nothing")?;
        Ok(String::from_utf8(text.to_vec())?)
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
            let committed = fs::read_to_string(&path).unwrap();
            assert!(committed == expected, "{} is out of date: run `cargo policies bindings`", path.display());
        }
    }
}
