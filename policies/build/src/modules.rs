//! Compiling the policies and putting the results where they belong.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest;

use crate::toolchain::{TARGET, Toolchain};

/// The built-in policies: `builtin:jwk` is the crate `jwk-policy`.
const POLICIES: [&str; 2] = ["claims", "jwk"];

/// A compiled policy.
pub(crate) struct Module {
    name: &'static str,
    wasm: Vec<u8>,
}

/// Compiles every policy, with the profile `policy` of the workspace.
pub(crate) fn compile(workspace: &Path, toolchain: &Toolchain) -> Result<Vec<Module>> {
    let target = workspace.join("target/policies");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace);
    cargo.args(["build", "--locked", "--lib", "--profile", "policy", "--target", TARGET, "--target-dir"]).arg(&target);
    for name in POLICIES {
        cargo.args(["--package", &format!("{name}-policy")]);
    }
    toolchain.configure(&mut cargo, &flags(workspace)?);
    ensure!(cargo.status().context("running cargo")?.success(), "cargo did not succeed");

    let directory = target.join(TARGET).join("policy");
    let read = |name| {
        let path = directory.join(format!("{name}_policy.wasm"));
        let wasm = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Module { name, wasm })
    };
    POLICIES.into_iter().map(read).collect()
}

/// Flags that decide the bytes: whoever compiles, wherever, gets the same module from the same compiler.
fn flags(workspace: &Path) -> Result<Vec<String>> {
    Ok(vec![
        // A small stack keeps code, data and heap in the first pages, which the host keeps warm between calls.
        "-Clink-arg=-zstack-size=65536".to_owned(),
        // Room for an ordinary call: growing a memory while it runs costs system calls.
        "-Clink-arg=--initial-memory=262144".to_owned(),
        format!("--remap-path-prefix={}=/policies", workspace.display()),
        format!("--remap-path-prefix={}=/registry", cargo_home()?.join("registry/src").display()),
    ])
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    Ok(std::env::home_dir().context("neither CARGO_HOME nor a home directory is known")?.join(".cargo"))
}

/// Writes the modules and `SHA256SUMS`, which names the compiler they come from.
pub(crate) fn install(modules: &[Module], destination: &Path, compiler: &str) -> Result<()> {
    fs::create_dir_all(destination).with_context(|| format!("creating {}", destination.display()))?;
    let mut sums = format!("# {compiler}\n");
    for Module { name, wasm } in modules {
        let path = destination.join(format!("{name}.wasm"));
        fs::write(&path, wasm).with_context(|| format!("writing {}", path.display()))?;
        writeln!(sums, "{}  {name}.wasm", sha256(wasm))?;
        println!("{}  {:>7} octets", path.display(), wasm.len());
    }
    fs::write(destination.join("SHA256SUMS"), sums).context("writing SHA256SUMS")
}

fn sha256(octets: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_modules_have_the_committed_digests() {
        let dist = crate::workspace().join("policies/dist");
        let sums = fs::read_to_string(dist.join("SHA256SUMS")).unwrap();
        let (compiler, sums) = sums.split_once('\n').unwrap();
        assert!(compiler.starts_with("# rustc "), "{compiler}");
        for (line, name) in sums.lines().zip(POLICIES) {
            let wasm = fs::read(dist.join(format!("{name}.wasm"))).unwrap();
            assert_eq!(line, format!("{}  {name}.wasm", sha256(&wasm)));
        }
        assert_eq!(sums.lines().count(), POLICIES.len());
    }
}
