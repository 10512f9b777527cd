//! The projects `new` makes: a folder a language, in it a folder a kind of policy.
//!
//! A file's name may end in `.in`, which is taken away. In its text `{{name}}` is the policy's name, `{{crate}}` the same
//! with underscores, `{{Type}}` the same in capitals, and `{{sdk}}` the folder of the SDK. In languages other than Rust the
//! template is the policy `one-domain` beside the SDK, and that name is the mark.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};

const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// What takes the place of the marks.
pub(crate) struct Words<'a> {
    pub(crate) name: &'a str,
    pub(crate) sdk: &'a Path,
}

/// Languages there is a template for.
pub(crate) fn languages() -> BTreeSet<&'static str> {
    FILES.iter().filter_map(|(path, _)| path.split('/').next()).collect()
}

/// Writes the files of a template into a folder that must not exist yet, or be empty.
pub(crate) fn write(language: &str, kind: &str, words: &Words<'_>, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let below = format!("{language}/{kind}/");
    let files: Vec<_> = FILES.iter().filter_map(|(path, octets)| Some((path.strip_prefix(&below)?, *octets))).collect();
    if files.is_empty() {
        let known: Vec<_> = languages().into_iter().collect();
        bail!("there is no template of a {kind} in {language}; there are templates in {}", known.join(", "));
    }
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    ensure!(is_empty, "{} exists already and is not empty", folder.display());
    let mut written = Vec::new();
    for (name, octets) in files {
        let path = folder.join(name.strip_suffix(".in").unwrap_or(name));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        fs::write(&path, words.fill(octets)).with_context(|| format!("writing {}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

impl Words<'_> {
    fn fill(&self, octets: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(octets) else { return octets.to_vec() };
        let text = text
            .replace("{{name}}", self.name)
            .replace("one-domain", self.name)
            .replace("{{crate}}", &self.name.replace('-', "_"))
            .replace("{{Type}}", &type_name(self.name))
            .replace("{{sdk}}", &self.sdk.display().to_string());
        text.into_bytes()
    }
}

/// `OfficeHours` for `office-hours`.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_type() {
        assert_eq!(type_name("office-hours"), "OfficeHours");
        assert_eq!(type_name("k8s"), "K8s");
    }

    #[test]
    fn no_mark_is_left_in_any_template() {
        let words = Words { name: "a-b", sdk: Path::new("/sdk") };
        for (path, octets) in FILES {
            let text = String::from_utf8_lossy(&words.fill(octets)).into_owned();
            assert!(!text.contains("{{") && !text.contains("one-domain"), "{path}");
        }
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "x").unwrap();
        let words = Words { name: "a", sdk: Path::new("/sdk") };
        let error = write("rust", "check", &words, folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("exists already and is not empty"), "{error}");
        let error = write("cobol", "check", &words, folder.path()).unwrap_err().to_string();
        assert!(error.contains("templates in ") && error.contains("rust"), "{error}");
    }
}
