//! A compiler for WebAssembly, found on this machine.
//!
//! `cargo policies` compiles the built-in policies with it and `step policy build` everybody else's, so that both come
//! out alike: same target, same layout of memory, no path of the machine in the bytes.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use thiserror::Error;

/// What policies are compiled to: no operating system, so nothing to import but the contract.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Names a folder made by `policies/build/wasm-sysroot.sh`.
const SYSROOT: &str = "STEP_WASM_SYSROOT";

/// A compiler that has a standard library for [`TARGET`].
#[derive(Debug)]
pub struct Toolchain {
    rustc: OsString,
    version: String,
    private: Option<Private>,
}

/// What a compiler needs that does not bring the target along itself.
#[derive(Debug)]
struct Private {
    sysroot: PathBuf,
    linker: PathBuf,
}

impl Toolchain {
    /// The folder `STEP_WASM_SYSROOT` names, else the compiler cargo uses when it has the target.
    ///
    /// # Errors
    ///
    /// [`ToolchainError`]; the one about the missing target says how to get it.
    pub fn find() -> Result<Self, ToolchainError> {
        if let Some(sysroot) = env::var_os(SYSROOT) {
            return Self::with_sysroot(Path::new(&sysroot));
        }
        let rustc = active_rustc();
        let library = PathBuf::from(ask(&rustc, &["--print", "target-libdir", "--target", TARGET])?);
        if library.is_dir() {
            return Ok(Self { version: ask(&rustc, &["--version"])?, rustc, private: None });
        }
        Err(ToolchainError::NoTarget)
    }

    fn with_sysroot(sysroot: &Path) -> Result<Self, ToolchainError> {
        let unusable = |reason| ToolchainError::Sysroot { sysroot: sysroot.to_owned(), reason };
        let canonical = sysroot.canonicalize().map_err(|_| unusable("does not exist"))?;
        if !canonical.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            return Err(unusable("has no library"));
        }
        let rustc = OsString::from("/usr/bin/rustc");
        let made_by = fs::read_to_string(canonical.join("VERSION")).unwrap_or_default();
        if made_by.trim() != ask(&rustc, &["-vV"])? {
            return Err(unusable("was made by another compiler"));
        }
        let private = Private { sysroot: canonical, linker: linker()? };
        Ok(Self { version: ask(&rustc, &["--version"])?, rustc, private: Some(private) })
    }

    /// The compiler's name and version, e.g. `rustc 1.95.0 (59807616e 2026-04-14)`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Makes a call of cargo compile for [`TARGET`] with this toolchain.
    ///
    /// Whoever compiles, wherever, gets the same module from the same compiler: paths below each folder of `renamed` read
    /// as if they were below its name, those of cargo's registry as `/registry`.
    ///
    /// # Errors
    ///
    /// [`ToolchainError::NoHome`] when cargo's registry cannot be found.
    pub fn configure(&self, cargo: &mut Command, renamed: &[(&Path, &str)]) -> Result<(), ToolchainError> {
        let registry = cargo_home()?.join("registry/src");
        let mut flags = vec![
            // A small stack keeps code, data and heap in the first pages, which the host keeps warm between calls.
            "-Clink-arg=-zstack-size=65536".to_owned(),
            // Room for an ordinary call: growing a memory while it runs costs system calls.
            "-Clink-arg=--initial-memory=262144".to_owned(),
        ];
        flags.extend(renamed.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())));
        flags.push(format!("--remap-path-prefix={}=/registry", registry.display()));
        cargo.env("RUSTC", &self.rustc);
        if let Some(Private { sysroot, linker }) = &self.private {
            flags.push(format!("--sysroot={}", sysroot.display()));
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        // The form that wins over every other, whatever the caller's environment holds.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        Ok(())
    }
}

/// The cargo that started this program, else the one on the path.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Why there is no compiler for [`TARGET`].
#[derive(Debug, Error)]
pub enum ToolchainError {
    /// The compiler did not answer.
    #[error("running {}", rustc.display())]
    Compiler {
        /// The compiler.
        rustc: OsString,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Neither `CARGO_HOME` nor a home directory is known.
    #[error("neither CARGO_HOME nor a home directory is known")]
    NoHome,
    /// There is no linker.
    #[error("no linker for WebAssembly: apt-get install lld-22, or use a compiler from rustup, which brings rust-lld")]
    NoLinker,
    /// The compiler has no standard library for the target.
    #[error(
        "no standard library for {TARGET}. Get one with\n\n    rustup target add {TARGET}\n\nor, where rustup cannot download, \
         from Debian's packages, in a clone of this repository:\n\n    apt-get install rustc-web cargo-web rust-web-src\n    \
         policies/build/wasm-sysroot.sh target/wasm-sysroot\n    export {SYSROOT}=$PWD/target/wasm-sysroot"
    )]
    NoTarget,
    /// The compiler answered with an error.
    #[error("{} {arguments} did not succeed", rustc.display())]
    Refused {
        /// The compiler.
        rustc: OsString,
        /// What it was asked.
        arguments: String,
    },
    /// What `STEP_WASM_SYSROOT` names cannot be used.
    #[error("{SYSROOT} is set: {} {reason}; run policies/build/wasm-sysroot.sh", sysroot.display())]
    Sysroot {
        /// The folder.
        sysroot: PathBuf,
        /// Why not.
        reason: &'static str,
    },
}

/// The compiler cargo runs here.
fn active_rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// A linker of the compiler's own generation of LLVM: the one rustup brings, else Debian's.
fn linker() -> Result<PathBuf, ToolchainError> {
    let rustc = active_rustc();
    let bundled = ask(&rustc, &["-vV"]).ok().and_then(|version| {
        let host = version.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
        let sysroot = ask(&rustc, &["--print", "sysroot"]).ok()?;
        Some(PathBuf::from(sysroot).join("lib/rustlib").join(host).join("bin/rust-lld"))
    });
    let candidates = bundled.into_iter().chain([PathBuf::from("/usr/bin/wasm-ld-22")]);
    candidates.into_iter().find(|linker| linker.is_file()).ok_or(ToolchainError::NoLinker)
}

fn cargo_home() -> Result<PathBuf, ToolchainError> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    Ok(env::home_dir().ok_or(ToolchainError::NoHome)?.join(".cargo"))
}

fn ask(rustc: &OsStr, arguments: &[&str]) -> Result<String, ToolchainError> {
    let output = Command::new(rustc)
        .args(arguments)
        .output()
        .map_err(|source| ToolchainError::Compiler { rustc: rustc.to_owned(), source })?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success());
    let refused = || ToolchainError::Refused { rustc: rustc.to_owned(), arguments: arguments.join(" ") };
    Ok(text.ok_or_else(refused)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_without_the_target_is_told_how_to_get_it() {
        let text = ToolchainError::NoTarget.to_string();
        assert!(text.contains("\n    rustup target add wasm32-unknown-unknown\n"), "{text}");
        assert!(text.contains("\n    policies/build/wasm-sysroot.sh target/wasm-sysroot\n"), "{text}");
    }

    #[test]
    fn a_folder_that_is_no_sysroot_is_named() {
        let error = Toolchain::with_sysroot(Path::new("/does/not/exist")).unwrap_err();
        let text = "STEP_WASM_SYSROOT is set: /does/not/exist does not exist; run policies/build/wasm-sysroot.sh";
        assert_eq!(error.to_string(), text);
    }
}
