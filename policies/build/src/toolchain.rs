//! Finding a compiler for WebAssembly.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

/// What policies are compiled to: no operating system, so nothing to import but the contract.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Names a folder made by `policies/build/wasm-sysroot.sh`.
const SYSROOT: &str = "STEP_WASM_SYSROOT";

/// A compiler that has a standard library for [`TARGET`].
pub(crate) struct Toolchain {
    rustc: OsString,
    version: String,
    private: Option<Private>,
}

/// What a compiler needs that does not bring the target along itself.
struct Private {
    sysroot: PathBuf,
    linker: PathBuf,
}

impl Toolchain {
    /// The folder `STEP_WASM_SYSROOT` names, else the compiler cargo uses when it has the target.
    pub(crate) fn find() -> Result<Self> {
        if let Some(sysroot) = env::var_os(SYSROOT) {
            return Self::with_sysroot(Path::new(&sysroot)).with_context(|| format!("{SYSROOT} is set"));
        }
        let rustc = active_rustc();
        let library = PathBuf::from(ask(&rustc, &["--print", "target-libdir", "--target", TARGET])?);
        if library.is_dir() {
            return Ok(Self { version: ask(&rustc, &["--version"])?, rustc, private: None });
        }
        bail!(
            "no standard library for {TARGET}. Get one with\n\n    rustup target add {TARGET}\n\nor, where rustup cannot \
             download, from Debian's packages:\n\n    apt-get install rustc-web cargo-web rust-web-src\n    \
             policies/build/wasm-sysroot.sh target/wasm-sysroot\n    export {SYSROOT}=$PWD/target/wasm-sysroot"
        )
    }

    fn with_sysroot(sysroot: &Path) -> Result<Self> {
        let sysroot = sysroot.canonicalize().with_context(|| format!("there is no {}", sysroot.display()))?;
        let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
        ensure!(library.is_dir(), "{} does not exist: run policies/build/wasm-sysroot.sh", library.display());
        let rustc = OsString::from("/usr/bin/rustc");
        let made_by = fs::read_to_string(sysroot.join("VERSION")).unwrap_or_default();
        if made_by.trim() != ask(&rustc, &["-vV"])? {
            bail!("{} was made by another compiler: run policies/build/wasm-sysroot.sh again", sysroot.display());
        }
        Ok(Self { version: ask(&rustc, &["--version"])?, rustc, private: Some(Private { sysroot, linker: linker()? }) })
    }

    /// The compiler's name and version, e.g. `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Makes a call of cargo compile with this toolchain and these flags.
    pub(crate) fn configure(&self, cargo: &mut Command, flags: &[String]) {
        let mut flags = flags.to_vec();
        cargo.env("RUSTC", &self.rustc);
        if let Some(Private { sysroot, linker }) = &self.private {
            flags.push(format!("--sysroot={}", sysroot.display()));
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        // The form that wins over every other, whatever the caller's environment holds.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    }
}

/// The compiler cargo runs here.
fn active_rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// A linker of the compiler's own generation of LLVM: the one rustup brings, else Debian's.
fn linker() -> Result<PathBuf> {
    let rustc = active_rustc();
    let version = ask(&rustc, &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    let bundled =
        PathBuf::from(ask(&rustc, &["--print", "sysroot"])?).join("lib/rustlib").join(host).join("bin/rust-lld");
    [bundled, PathBuf::from("/usr/bin/wasm-ld-22")].into_iter().find(|linker| linker.is_file()).context(
        "no linker for WebAssembly: apt-get install lld-22, or use a compiler from rustup, which brings rust-lld",
    )
}

fn ask(rustc: &OsString, arguments: &[&str]) -> Result<String> {
    let output =
        Command::new(rustc).args(arguments).output().with_context(|| format!("running {}", rustc.display()))?;
    ensure!(output.status.success(), "{} {} did not succeed", rustc.display(), arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
