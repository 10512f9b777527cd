//! Files as an operator names them, with the signed ends that lie beside them.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
};

use authority::Certificate;

use super::{Chain, Check, FlawError, HeadError, SignedHead};

/// Where to look for signed ends.
#[derive(Clone, Copy, Debug)]
pub enum Heads<'a> {
    /// Beside the files, as `<file>.head`; one of them at least must be there.
    Beside,
    /// In these files.
    In(&'a [PathBuf]),
    /// Nowhere: a cut tail, and a chain that was computed anew, are not found.
    Nowhere,
}

/// Follows files, oldest first, as far as they were signed for with the key of one of the `certificates`.
///
/// # Errors
/// What is not as it was written, or cannot be read.
pub fn verify_files(
    files: &[PathBuf],
    heads: Heads<'_>,
    certificates: &[Certificate],
) -> Result<Vec<Chain>, VerifyError> {
    let mut check = Check::expecting(signed(files, heads, certificates)?);
    for path in files {
        let file = File::open(path).map_err(|source| VerifyError::Read { path: path.clone(), source })?;
        check.file(&path.display().to_string(), &mut BufReader::new(file))?;
    }
    Ok(check.finish()?)
}

/// Where the signed end of a file lies beside it.
pub fn head_of(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".head");
    name.into()
}

fn signed(files: &[PathBuf], heads: Heads<'_>, certificates: &[Certificate]) -> Result<Vec<SignedHead>, VerifyError> {
    let paths: Vec<PathBuf> = match heads {
        Heads::Nowhere => return Ok(Vec::new()),
        Heads::In(paths) => paths.to_vec(),
        Heads::Beside => files.iter().map(|file| head_of(file)).filter(|path| path.exists()).collect(),
    };
    if paths.is_empty() {
        return Err(VerifyError::NoHead);
    }
    paths.iter().map(|path| one(path, certificates)).collect()
}

fn one(path: &Path, certificates: &[Certificate]) -> Result<SignedHead, VerifyError> {
    let unreadable = |source| VerifyError::Read { path: path.to_owned(), source };
    let untrue = |source| VerifyError::Head { path: path.to_owned(), source };
    let head: SignedHead = std::fs::read_to_string(path).map_err(unreadable)?.parse().map_err(untrue)?;
    let mut outcome = Err(HeadError::OtherKey { key: head.key });
    for certificate in certificates {
        match head.verify(certificate.public_key()) {
            Err(HeadError::OtherKey { .. }) => {}
            judged => outcome = judged,
        }
    }
    outcome.map_err(untrue)?;
    Ok(head)
}

/// Why files are not known to be what was written.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// They are not.
    #[error(transparent)]
    Flaw(#[from] FlawError),
    /// What says where the log ends is not to be believed.
    #[error("{}", path.display())]
    Head {
        /// The file.
        path: PathBuf,
        /// Why.
        source: HeadError,
    },
    /// Nothing says where the log ends.
    #[error("no signed head lies beside the files, so nobody can tell whether their tail was cut")]
    NoHead,
    /// A file cannot be read.
    #[error("{}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
