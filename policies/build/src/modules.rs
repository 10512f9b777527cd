//! Compiling the policies and putting the results where they belong.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest;
use policy_toolchain::{TARGET, Toolchain};

/// The built-in policies, `builtin:jwk` is the crate `jwk-policy`, and the examples beside them.
const POLICIES: [&str; 4] = ["claims", "jwk", "jwks", "webhook"];

/// A compiled policy.
pub(crate) struct Module {
    name: &'static str,
    wasm: Vec<u8>,
}

/// Compiles every policy, with the profile `policy` of the workspace.
pub(crate) fn compile(workspace: &Path, toolchain: &Toolchain) -> Result<Vec<Module>> {
    let target = workspace.join("target/policies");
    let mut cargo = policy_toolchain::cargo();
    cargo.current_dir(workspace);
    cargo.args(["build", "--locked", "--lib", "--profile", "policy", "--target", TARGET, "--target-dir"]).arg(&target);
    for name in POLICIES {
        cargo.args(["--package", &format!("{name}-policy")]);
    }
    toolchain.configure(&mut cargo, &[(workspace, "/policies")])?;
    ensure!(cargo.status().context("running cargo")?.success(), "cargo did not succeed");

    let directory = target.join(TARGET).join("policy");
    let read = |name| {
        let path = directory.join(format!("{name}_policy.wasm"));
        let wasm = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Module { name, wasm })
    };
    POLICIES.into_iter().map(read).collect()
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
