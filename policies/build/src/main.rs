//! `cargo policies`: compiles the built-in policies to WebAssembly.
//!
//! ```text
//! cargo policies              compile into policies/dist
//! cargo policies --to DIR     compile into DIR, to compare with what is committed
//! cargo policies bindings     write policy-sdk/src/bindings, and a page of the handbook, from the contract in policy-sdk/wit
//! ```
//!
//! The compiled modules are committed, so that nobody needs a wasm toolchain to build the CA. Two compilers give two
//! sequences of bytes: what must be equal is their decisions, over the vectors in `policy-sdk/vectors`.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

mod bindings;
mod modules;
mod reference;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => compile(&workspace().join("policies/dist")),
        ["--to", directory] => compile(Path::new(directory)),
        ["bindings"] => bindings::write(&workspace()).context("generating the bindings"),
        _ => bail!("usage: cargo policies [bindings | --to DIR]"),
    }
}

fn compile(destination: &Path) -> Result<()> {
    let toolchain = policy_toolchain::Toolchain::find()?;
    let built = modules::compile(&workspace(), &toolchain).context("compiling the policies")?;
    modules::install(&built, destination, toolchain.version())
}

/// The root of the workspace this program was built in.
fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this package is two folders below the root").to_owned()
}
