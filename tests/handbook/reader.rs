//! Somebody who reads a chapter and types everything in it: one shell, one folder, the blocks in their order.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::block::{Block, What};

/// What a reader does without being told, in words of the shell.
const HABITS: &str = include_str!("habits.sh");

/// A folder of one's own, and the programs of this repository.
pub(crate) struct Reader {
    folder: TempDir,
    wasm: Option<PathBuf>,
}

impl Reader {
    /// Beside what cargo keeps, so that the programs can be linked there. `wasm` is where compiled dependencies are kept.
    pub(crate) fn new(wasm: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for folder in ["programs", "blocks", "home"].map(|name| folder.path().join(name)) {
            fs::create_dir(folder).unwrap();
        }
        for name in ["step", "step-ca", "step-policy", "amend-ca-json", "compare-output"] {
            // By its name a program knows what it is, and by its place who is beside it: no symbolic link.
            fs::hard_link(env!("CARGO_BIN_EXE_step-programs"), folder.path().join("programs").join(name)).unwrap();
        }
        Self { folder, wasm }
    }

    /// Does everything a chapter says.
    ///
    /// # Errors
    /// The block that does not do what it should, and what it has printed instead.
    pub(crate) fn follow(&self, blocks: &[Block]) -> Result<(), String> {
        let script = self.folder.path().join("chapter.sh");
        fs::write(&script, self.script(blocks)).unwrap();
        let output = self.shell(&script).output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        let read = |name: &str| fs::read_to_string(self.blocks().join(name)).unwrap_or_default();
        let at = read("at").trim().to_owned();
        let block = at.parse().ok().and_then(|index: usize| blocks.get(index));
        let (place, text) = block.map_or(("the beginning", ""), |block| (&block.place, &block.text));
        let printed = read(&format!("{at}.printed"));
        let (log, talk) = (self.log(), String::from_utf8_lossy(&output.stderr));
        Err(format!("{place}\n{text}---- printed\n{printed}{}---- log of the CA\n{log}{talk}", self.expected(&at)))
    }

    fn expected(&self, at: &str) -> String {
        match fs::read_to_string(self.blocks().join(format!("{at}.expected"))) {
            Ok(expected) => format!("---- instead of\n{expected}"),
            Err(_) => String::new(),
        }
    }

    /// The end of what the CA has logged.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("lab/ca.log")).unwrap_or_default();
        let is_told = |line: &&str| !line.starts_with("time=") || line.contains(" error=");
        let lines: Vec<&str> = log.lines().filter(is_told).collect();
        lines.iter().rev().take(12).rev().fold(String::new(), |text, line| text + line + "\n")
    }

    fn blocks(&self) -> PathBuf {
        self.folder.path().join("blocks")
    }

    /// Without the settings of whoever runs the test, and ended with everything it has started.
    fn shell(&self, script: &Path) -> Command {
        let clone = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let (home, programs) = (self.folder.path().join("home"), self.folder.path().join("programs"));
        let kept = |name: &str, below: &str| {
            std::env::var_os(name).or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(below).into()))
        };
        let mut shell = Command::new("timeout");
        shell.args(["--kill-after=5", "900", "bash"]).arg(script).current_dir(self.folder.path());
        let path = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{path}", programs.display())).env("CLONE", clone).env("BLOCKS", self.blocks());
        shell.envs(kept("CARGO_HOME", ".cargo").map(|home| ("CARGO_HOME", home)));
        shell.envs(kept("RUSTUP_HOME", ".rustup").map(|home| ("RUSTUP_HOME", home)));
        shell.env("HOME", home).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env("CARGO_NET_OFFLINE", "true");
        // Dependencies are compiled once for all chapters and all runs.
        shell.envs(self.wasm.as_ref().map(|folder| ("CARGO_BUILD_BUILD_DIR", folder)));
        for variable in ["STEPPATH", "CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            shell.env_remove(variable);
        }
        shell
    }

    fn script(&self, blocks: &[Block]) -> String {
        let mut script = HABITS.to_owned();
        for (index, block) in blocks.iter().enumerate() {
            let file = |kind: &str| self.blocks().join(format!("{index}.{kind}"));
            fs::write(file("text"), &block.text).unwrap();
            let expected = blocks.get(index + 1).filter(|next| next.what == What::Printed);
            if let Some(expected) = expected {
                fs::write(file("expected"), &expected.text).unwrap();
            }
            let (text, check) = (&block.text, expected.map_or("", |_| "is_as_expected\n"));
            let _ = match &block.what {
                What::Run => write!(script, "begin {index}\n{text}\n{check}settle\n"),
                What::RunInVain => {
                    write!(script, "begin {index}\nset +e\n( set -e\n{text}\n)\nin_vain $?\nset -e\n{check}")
                }
                What::RunUntil => write!(script, "begin {index}\ntry() {{ (\n{text}\n) }}\nuntil_expected\n"),
                What::Amend => {
                    write!(script, "begin {index}\namend-ca-json $STEPPATH/config/ca.json $BLOCKS/{index}.text\n")
                }
                What::Write(file) => {
                    write!(script, "begin {index}\nmkdir -p \"$(dirname {file})\"\ncp $BLOCKS/{index}.text {file}\n")
                }
                What::Printed | What::Contract | What::Nothing(_) => Ok(()),
            };
        }
        script
    }
}
