//! The directory and the names in it.

use std::{
    env,
    ffi::OsString,
    path::{self, Path, PathBuf},
};

use crate::{FileError, StepPathError, create_directory};

/// `$STEPPATH`, absolute and in Unicode.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StepPath {
    base: PathBuf,
}

impl StepPath {
    /// `$STEPPATH`, or `$HOME/.step` when that is unset or empty.
    ///
    /// # Errors
    /// [`StepPathError::NoHome`], and as [`StepPath::new`].
    pub fn from_environment() -> Result<Self, StepPathError> {
        Self::from_variables(env::var_os("STEPPATH"), env::var_os("HOME"))
    }

    fn from_variables(step_path: Option<OsString>, home: Option<OsString>) -> Result<Self, StepPathError> {
        let set = |value: &OsString| !value.is_empty();
        let base = match (step_path.filter(set), home.filter(set)) {
            (Some(base), _) => PathBuf::from(base),
            (None, Some(home)) => PathBuf::from(home).join(".step"),
            (None, None) => return Err(StepPathError::NoHome),
        };
        Self::new(base)
    }

    /// A directory, which need not exist. A relative one starts from the current directory.
    ///
    /// # Errors
    /// [`StepPathError::NotUnicode`], [`StepPathError::CurrentDirectory`].
    pub fn new(base: impl AsRef<Path>) -> Result<Self, StepPathError> {
        let base = path::absolute(base).map_err(StepPathError::CurrentDirectory)?;
        if base.to_str().is_none() {
            return Err(StepPathError::NotUnicode { path: base });
        }
        Ok(Self { base })
    }

    /// The directory itself.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Certificates.
    pub fn certs(&self) -> PathBuf {
        self.base.join("certs")
    }

    /// Private keys.
    pub fn secrets(&self) -> PathBuf {
        self.base.join("secrets")
    }

    /// Configuration files.
    pub fn config(&self) -> PathBuf {
        self.base.join("config")
    }

    /// The root certificate.
    pub fn root_certificate(&self) -> PathBuf {
        self.certs().join("root_ca.crt")
    }

    /// The root's private key.
    pub fn root_key(&self) -> PathBuf {
        self.secrets().join("root_ca_key")
    }

    /// The intermediate certificate.
    pub fn intermediate_certificate(&self) -> PathBuf {
        self.certs().join("intermediate_ca.crt")
    }

    /// The intermediate's private key.
    pub fn intermediate_key(&self) -> PathBuf {
        self.secrets().join("intermediate_ca_key")
    }

    /// The configuration of the CA.
    pub fn ca_json(&self) -> PathBuf {
        self.config().join("ca.json")
    }

    /// The defaults of the command line.
    pub fn defaults_json(&self) -> PathBuf {
        self.config().join("defaults.json")
    }

    /// Whether there is a CA: its configuration is written last, so everything it names is there too.
    pub fn is_initialized(&self) -> bool {
        self.ca_json().exists()
    }

    /// Makes the directory and the three in it, each 0700.
    ///
    /// # Errors
    /// As [`create_directory`].
    pub fn create_directories(&self) -> Result<(), FileError> {
        for directory in [self.base.clone(), self.certs(), self.secrets(), self.config()] {
            create_directory(&directory)?;
        }
        Ok(())
    }

    /// A path below this directory as text: it is in Unicode because the directory is.
    pub(crate) fn text(path: &Path) -> String {
        path.to_str().expect("the directory and the names in it are in Unicode").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn from(step_path: Option<&str>, home: Option<&str>) -> Option<PathBuf> {
        StepPath::from_variables(step_path.map(OsString::from), home.map(OsString::from)).ok().map(|path| path.base)
    }

    #[test]
    fn the_variable_wins_over_home_unless_it_is_empty() {
        assert_eq!(from(Some("/ca"), Some("/home/a")), Some("/ca".into()));
        assert_eq!(from(Some(""), Some("/home/a")), Some("/home/a/.step".into()));
        assert_eq!(from(None, Some("/home/a")), Some("/home/a/.step".into()));
        assert_eq!(from(None, Some("")), None);
        assert_eq!(from(None, None), None);
    }

    #[test]
    fn the_directory_is_absolute_and_in_unicode() {
        assert!(from(Some("ca"), None).unwrap().is_absolute());
        let other = OsString::from_vec(vec![b'/', 0xff]);
        assert!(matches!(StepPath::new(other), Err(StepPathError::NotUnicode { .. })));
    }
}
