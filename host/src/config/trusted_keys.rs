//! `policies.trustedKeys`: whose modules are loaded.
//!
//! With it, every module of the file has to come with a manifest that one of these keys signed; the modules that are
//! built in need none.

use jose::Jwk;

use super::{error::Problems, problem::Problem, reader::Field};

/// Its name among the names of policies, which it cannot be one of.
pub(super) const MEMBER: &str = "trustedKeys";

/// A public key that vouches for modules.
#[derive(Clone, Debug)]
pub struct TrustedKey(Jwk);

impl TrustedKey {
    /// The key.
    pub fn jwk(&self) -> &Jwk {
        &self.0
    }
}

impl Eq for TrustedKey {}

impl PartialEq for TrustedKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_json() == other.0.to_json()
    }
}

/// Reads the list.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<TrustedKey>> {
    let fields = field.array(problems)?;
    if fields.is_empty() {
        let right = "name some, or leave the member out";
        return field.refuse(Problem::Empty { what: "trustedKeys", right }, problems);
    }
    fields.iter().map(|field| key(field, problems)).collect::<Vec<_>>().into_iter().collect()
}

fn key(field: &Field<'_>, problems: &mut Problems) -> Option<TrustedKey> {
    field.object(problems)?;
    match Jwk::from_json(field.node.text) {
        Ok(key) if !key.is_private() => Some(TrustedKey(key)),
        Ok(_) => field.refuse(Problem::TrustedKeyIsPrivate, problems),
        Err(error) => field.refuse(Problem::TrustedKey(error.to_string()), problems),
    }
}
