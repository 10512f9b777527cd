//! A policy's project on disk: where its parts are, and how it is compiled.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use policy_toolchain::{TARGET, Toolchain};
use serde::Deserialize;
use serde_json::Value;

/// A folder with a policy's source.
pub(crate) struct Project {
    folder: PathBuf,
    name: String,
    recipe: Recipe,
}

/// How a module comes from the source.
enum Recipe {
    /// By cargo; the file name of the library, the folder of cargo's results, and the folders that dependencies on this
    /// machine lie in, whose names do not belong into a module.
    Cargo { library: String, target: PathBuf, neighbours: Vec<PathBuf> },
    /// By a command that leaves the module in a file.
    Command { words: Vec<String>, module: PathBuf },
}

/// `step-policy.json`, in projects of other languages than Rust.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    /// The policy's name.
    name: String,
    /// The command that compiles it, run in the project's folder.
    build: Vec<String>,
    /// The file the command leaves, a core module or a component.
    module: PathBuf,
}

impl Project {
    /// The project in a folder: of `step-policy.json`, else of `Cargo.toml`.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let description = folder.join("step-policy.json");
        match fs::read(&description) {
            Ok(text) => {
                let described: Description =
                    serde_json::from_slice(&text).with_context(|| format!("reading {}", description.display()))?;
                let Description { name, build, module } = described;
                let recipe = Recipe::Command { words: build, module: folder.join(module) };
                Ok(Self { folder: folder.to_owned(), name, recipe })
            }
            Err(_) if folder.join("Cargo.toml").is_file() => Self::of_cargo(folder),
            Err(_) => bail!(
                "{} holds no policy: there is neither a Cargo.toml nor a step-policy.json; make one with `step policy new`",
                folder.display()
            ),
        }
    }

    fn of_cargo(folder: &Path) -> anyhow::Result<Self> {
        let mut cargo = policy_toolchain::cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(folder).stderr(Stdio::inherit());
        let output = cargo.output().context("running cargo")?;
        ensure!(output.status.success(), "cargo cannot read {}", folder.join("Cargo.toml").display());
        let metadata: Value = serde_json::from_slice(&output.stdout).context("reading what cargo says")?;
        let manifest = folder.join("Cargo.toml").canonicalize().context("opening Cargo.toml")?;
        let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
        let package = packages
            .into_iter()
            .find(|package| package.get("manifest_path").and_then(Value::as_str).map(Path::new) == Some(&manifest))
            .with_context(|| format!("{} is no package", manifest.display()))?;
        let is_module = |target: &&Value| {
            let kinds = target.get("crate_types").and_then(Value::as_array);
            kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
        };
        let mut targets = package.get("targets").and_then(Value::as_array).into_iter().flatten();
        let library = targets.find(is_module).context(
            "the package has no library of crate-type cdylib; write `[lib] crate-type = [\"cdylib\", \"rlib\"]` in Cargo.toml",
        )?;
        let text = |of: &Value, member: &str| of.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let recipe = Recipe::Cargo {
            library: format!("{}.wasm", text(library, "name").replace('-', "_")),
            target: text(&metadata, "target_directory").into(),
            neighbours: package
                .get("dependencies")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|dependency| Path::new(dependency.get("path")?.as_str()?).parent().map(Path::to_owned))
                .collect(),
        };
        Ok(Self { folder: folder.to_owned(), name: text(package, "name"), recipe })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where the vectors are.
    pub(crate) fn vectors(&self) -> PathBuf {
        self.folder.join("vectors")
    }

    /// Where the finished module goes.
    pub(crate) fn module(&self) -> PathBuf {
        let folder = match &self.recipe {
            Recipe::Cargo { target, .. } => target.join("policy"),
            Recipe::Command { .. } => self.folder.join("target/policy"),
        };
        folder.join(format!("{}.wasm", self.name))
    }

    /// Compiles, strips and lifts; says what it does on `talk`. Gives the finished module, which is then in its file.
    pub(crate) fn build(&self, talk: &mut dyn Write) -> anyhow::Result<Vec<u8>> {
        let compiled = match &self.recipe {
            Recipe::Cargo { library, target, neighbours } => self.cargo(library, target, neighbours, talk)?,
            Recipe::Command { words, module } => self.command(words, module)?,
        };
        let octets = fs::read(&compiled).with_context(|| format!("reading {}", compiled.display()))?;
        let component =
            policy_runtime::file::component(&octets).with_context(|| format!("{} is no policy", compiled.display()))?;
        let path = self.module();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        fs::write(&path, &component).with_context(|| format!("writing {}", path.display()))?;
        Ok(component)
    }

    fn cargo(
        &self,
        library: &str,
        target: &Path,
        neighbours: &[PathBuf],
        talk: &mut dyn Write,
    ) -> anyhow::Result<PathBuf> {
        let toolchain = Toolchain::find()?;
        writeln!(talk, "compiling {} with {}", self.name, toolchain.version())?;
        let target = target.join("policy-build");
        let mut cargo = policy_toolchain::cargo();
        cargo.current_dir(&self.folder).args(["rustc", "--quiet", "--lib", "--release", "--target", TARGET]);
        cargo.arg("--target-dir").arg(&target);
        let renamed: Vec<_> = neighbours.iter().map(|neighbour| (neighbour.as_path(), "/dependencies")).collect();
        toolchain.configure(&mut cargo, &renamed)?;
        let folder = self.folder.canonicalize().with_context(|| format!("opening {}", self.folder.display()))?;
        // Only the policy itself has this folder in it: what it depends on is the same for every project.
        cargo.arg("--").arg(format!("--remap-path-prefix={}=/policy", folder.display()));
        ensure!(cargo.status().context("running cargo")?.success(), "cargo did not succeed");
        Ok(target.join(TARGET).join("release").join(library))
    }

    fn command(&self, words: &[String], module: &Path) -> anyhow::Result<PathBuf> {
        let (program, arguments) = words.split_first().context("\"build\" of step-policy.json names no command")?;
        let status = Command::new(program).args(arguments).current_dir(&self.folder).stdout(Stdio::null()).status();
        let status = status.with_context(|| format!("running {program}"))?;
        ensure!(status.success(), "`{}` did not succeed", words.join(" "));
        Ok(module.to_owned())
    }
}
