//! Compiling the policies and putting the results where they belong.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest;
use policy_toolchain::{TARGET, Toolchain};

/// The built-in policies, `builtin:jwk` is the crate `jwk-policy`, and the examples beside them.
const POLICIES: [&str; 4] = ["claims", "jwk", "jwks", "webhook"];

/// The gallery, whose modules lie in a folder of their own.
const GALLERY: [&str; 10] = [
    "allowed-names",
    "caa",
    "cidr-by-subdomain",
    "key-strength",
    "max-names",
    "office-hours",
    "one-domain",
    "quota",
    "two-person",
    "x5c",
];

/// Every policy, and where its module lies below `dist`.
fn policies() -> impl Iterator<Item = (&'static str, String)> {
    let own = POLICIES.into_iter().map(|name| (name, format!("{name}.wasm")));
    own.chain(GALLERY.into_iter().map(|name| (name, format!("gallery/{name}.wasm"))))
}

/// A compiled policy.
pub(crate) struct Module {
    /// Where it lies below `dist`.
    file: String,
    wasm: Vec<u8>,
}

/// Compiles every policy, with the profile `policy` of the workspace.
pub(crate) fn compile(workspace: &Path, toolchain: &Toolchain) -> Result<Vec<Module>> {
    let target = workspace.join("target/policies");
    let mut cargo = policy_toolchain::cargo();
    cargo.current_dir(workspace);
    cargo.args(["build", "--locked", "--lib", "--profile", "policy", "--target", TARGET, "--target-dir"]).arg(&target);
    for (name, _) in policies() {
        cargo.args(["--package", &format!("{name}-policy")]);
    }
    toolchain.configure(&mut cargo, &[(workspace, "/policies")])?;
    ensure!(cargo.status().context("running cargo")?.success(), "cargo did not succeed");

    let directory = target.join(TARGET).join("policy");
    let read = |(name, file): (&str, String)| {
        let path = directory.join(format!("{}_policy.wasm", name.replace('-', "_")));
        let wasm = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Module { file, wasm })
    };
    policies().map(read).collect()
}

/// Writes the modules and `SHA256SUMS`, which names the compiler they come from.
pub(crate) fn install(modules: &[Module], destination: &Path, compiler: &str) -> Result<()> {
    let gallery = destination.join("gallery");
    fs::create_dir_all(&gallery).with_context(|| format!("creating {}", gallery.display()))?;
    let mut sums = format!("# {compiler}\n");
    for Module { file, wasm } in modules {
        let path = destination.join(file);
        fs::write(&path, wasm).with_context(|| format!("writing {}", path.display()))?;
        writeln!(sums, "{}  {file}", sha256(wasm))?;
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
        for (line, (_, file)) in sums.lines().zip(policies()) {
            let wasm = fs::read(dist.join(&file)).unwrap();
            assert_eq!(line, format!("{}  {file}", sha256(&wasm)));
        }
        assert_eq!(sums.lines().count(), policies().count());
    }
}
