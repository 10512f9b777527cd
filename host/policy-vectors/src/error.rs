//! Why a vector cannot be read or asked.

use std::{io, path::PathBuf};

use policy_runtime::Fault;
use thiserror::Error;

/// A vector that makes no sense. That a policy decides differently is no error but a
/// [`Difference`](crate::Difference).
#[derive(Debug, Error)]
pub enum VectorError {
    /// The file is not what a file of vectors is.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Where and what.
        problem: String,
    },
    /// A part of a case is not what that part is.
    #[error("\"{case}\": {part}: {problem}")]
    Part {
        /// The name of the case.
        case: String,
        /// `request`, `environment`, `token`.
        part: &'static str,
        /// Where and what.
        problem: String,
    },
    /// The folder or a file in it cannot be read or written.
    #[error("{}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Two cases have one name.
    #[error("{}: there is another vector called \"{name}\"", path.display())]
    TwoNames {
        /// The file of the later one.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The module cannot be put to work at all, whatever it is asked.
    #[error("the module cannot be put to work")]
    Unusable(#[source] Fault),
}
