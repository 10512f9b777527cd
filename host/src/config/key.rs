//! `key` and `kms`: where the issuing key is.

use std::path::PathBuf;

use pkcs11::KeyUri;

use super::{
    error::Problems,
    problem::{Notice, Problem},
    reader::{Field, Object},
};

/// Where the issuing key is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IssuingKey {
    /// In a file.
    File(PathBuf),
    /// In a PKCS#11 token.
    Token(Box<KeyUri>),
}

impl IssuingKey {
    /// Every file it is read from.
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.clone()),
            Self::Token(uri) => uri.pin_file().map(PathBuf::from),
        }
    }

    /// Whether `ca.json` itself has what opens it.
    pub(super) fn has_pin(&self) -> bool {
        matches!(self, Self::Token(uri) if uri.has_pin())
    }
}

/// Reads both.
pub(super) fn read(top: &mut Object<'_>, problems: &mut Problems) -> Option<IssuingKey> {
    let kms = top.take("kms");
    let Some(field) = top.take("key") else {
        let what = Problem::Empty { what: "key", right: "write the path of a file" };
        return top.refuse("key", what, problems);
    };
    if field.is_string() && KeyUri::is_one(field.string(problems)?) {
        return token(&field, kms.as_ref(), problems);
    }
    let path = field.path("key", problems);
    if let Some(kms) = kms.filter(is_pkcs11) {
        return kms.refuse(Problem::KeyOutsideToken, problems);
    }
    path.map(IssuingKey::File)
}

/// Whether a `kms` is one that has an effect.
fn is_pkcs11(kms: &Field<'_>) -> bool {
    let mut problems = Problems::default();
    let kind = kms.object(&mut problems).and_then(|mut object| object.take("type")?.string(&mut problems));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(PKCS11))
}

const PKCS11: &str = "pkcs11";

fn token(key: &Field<'_>, kms: Option<&Field<'_>>, problems: &mut Problems) -> Option<IssuingKey> {
    let mut module = "";
    if let Some(kms) = kms {
        let mut object = kms.object(problems)?;
        let kind = object.take("type").map_or(Some(PKCS11), |field| field.string(problems))?;
        if !kind.eq_ignore_ascii_case(PKCS11) {
            return object.refuse("type", Problem::KmsType(kind.to_owned()), problems);
        }
        if let Some(uri) = object.take("uri") {
            module = uri.string(problems)?;
        }
        object.finish(problems);
    }
    match KeyUri::parse(key.string(problems)?, module) {
        Ok(uri) => {
            if uri.has_pin() {
                kms.unwrap_or(key).warn(Notice::PinInFile, problems);
            }
            Some(IssuingKey::Token(Box::new(uri)))
        }
        Err(error) => key.refuse(Problem::KeyUri(error), problems),
    }
}
