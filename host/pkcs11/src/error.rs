//! Why a key in a token cannot be used, and what would be right.

use std::path::PathBuf;

use steppath::FileError;
use thiserror::Error;

/// A key in a token cannot be used. Nothing in it is secret.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The library is not there.
    #[error("there is no PKCS#11 module {}; install it, or write in module-path where it is", path.display())]
    NoModule {
        /// `module-path`.
        path: PathBuf,
    },
    /// The library cannot be used.
    #[error("{} is not a PKCS#11 module that can be used: {reason}", path.display())]
    Module {
        /// `module-path`.
        path: PathBuf,
        /// What the loader or the module says.
        reason: String,
    },
    /// No slot has a token of this name.
    #[error("there is no token {wanted}; {}", there(found))]
    NoToken {
        /// What the URI asks for.
        wanted: String,
        /// Labels of the tokens that are there.
        found: Vec<String>,
    },
    /// Several tokens have this name.
    #[error("{count} tokens are {wanted}; add serial= to the URI")]
    SeveralTokens {
        /// What the URI asks for.
        wanted: String,
        /// How many.
        count: usize,
    },
    /// The file with the PIN cannot be read, or others can read it.
    #[error("pin-source: {0}")]
    PinFile(#[from] FileError),
    /// The file with the PIN is empty, or no text.
    #[error("pin-source: {} is not a PIN; write the PIN of the token's user into it", path.display())]
    Pin {
        /// The file.
        path: PathBuf,
    },
    /// The token does not take the PIN. It is not tried again: tokens lock themselves after a few.
    #[error("the token refuses the PIN; write that of the token's user (not of its security officer) to pin-source")]
    WrongPin,
    /// Too many wrong PINs were tried.
    #[error("the PIN of the token is locked; its security officer can set a new one")]
    LockedPin,
    /// There is no private key of this name.
    #[error("the token has no private key {wanted}; `pkcs11-tool --login --list-objects` shows what it has")]
    NoKey {
        /// What the URI asks for.
        wanted: String,
    },
    /// There are several.
    #[error("{count} private keys of the token are {wanted}; name one by both object= and id=")]
    SeveralKeys {
        /// What the URI asks for.
        wanted: String,
        /// How many.
        count: usize,
    },
    /// The key is of another kind than that of the certificate.
    #[error("the key {wanted} in the token is not of the kind of the certificate's; set crt to its certificate")]
    OtherKind {
        /// What the URI asks for.
        wanted: String,
    },
    /// Certificates of this kind of key are not signed with in a token.
    #[error("keys of the certificate's kind are not used in tokens; use P-256, P-384, P-521, Ed25519 or RSA")]
    Kind,
    /// Every session is in use, and none became free.
    #[error("every session with the token is in use; allow more with max-sessions")]
    Busy,
    /// The token does not work.
    #[error("the token reports {reason}")]
    Token {
        /// The name of the return value, and of what was asked.
        reason: String,
    },
}

fn there(labels: &[String]) -> String {
    match labels {
        [] => "no slot has an initialized token".to_owned(),
        labels => format!("there are {}", labels.join(", ")),
    }
}

impl OpenError {
    /// As a module reports it: the name of the value, and of the function.
    pub(crate) fn of(error: &cryptoki::error::Error) -> Self {
        let reason = match error {
            cryptoki::error::Error::Pkcs11(value, function) => format!("{value:?} ({function:?})"),
            other => other.to_string(),
        };
        Self::Token { reason }
    }
}
