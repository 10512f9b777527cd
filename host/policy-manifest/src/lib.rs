//! The manifest of a policy: what somebody vouches for about a module's file, signed.
//!
//! A compact JWS (RFC 7515) over a JSON object, in a file of its own beside the module: `office-hours.wasm` and
//! `office-hours.wasm.jws`. Its version only ever grows, so that an old module, however well signed, does not come back.
//!
//! What it promises: six distinct refusals, unsigned, wrong key, altered, untrue, other policy and older, and no claim of
//! a manifest is believed before its signature is. What it does not know: files, modules, and where the newest version
//! is remembered.

// What is read here comes from outside: no slip may end in a panic.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use jose::{JoseError, Jwk, jws};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is signed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The policy's name, by which its versions are told apart from those of others.
    pub name: String,
    /// Grows with every release.
    pub version: u64,
    /// SHA-256 of the module's file, in lower-case hex.
    pub sha256: String,
    /// `check-module` or `provisioner-module`.
    pub world: String,
    /// The capabilities the module imports and has to be granted: `consume-once`, `dns`, `http`, `kv`.
    pub grants: Vec<String>,
}

/// Why a module is not the one somebody vouches for.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The manifest, or the module, was changed after it was signed.
    #[error("altered: {what}")]
    Altered {
        /// What does not fit.
        what: String,
    },
    /// A newer one was in use here.
    #[error("older: version {version} of {name:?}, but version {newest} has been in use here")]
    Older {
        /// The policy.
        name: String,
        /// What the manifest says.
        version: u64,
        /// The newest that was seen.
        newest: u64,
    },
    /// It vouches for another policy.
    #[error(
        "other policy: signed as {name:?}, not as {wanted:?}; if that is meant, write \"manifest\": {name:?} beside its path"
    )]
    OtherPolicy {
        /// Whose manifest it is.
        name: String,
        /// Whose it should be.
        wanted: String,
    },
    /// It says of the module what is not so: whoever signed it has read something else than what is loaded.
    #[error("untrue: the manifest speaks of {said}, the module is {found}")]
    Untrue {
        /// World and grants as signed.
        said: String,
        /// World and grants as they are.
        found: String,
    },
    /// There is no manifest.
    #[error("unsigned: there is no manifest; make one with `step policy sign`")]
    Unsigned,
    /// Signed, but by nobody who is trusted.
    #[error("wrong key: signed with {}, which is not among the trusted keys", kid.as_deref().unwrap_or("a key without name"))]
    WrongKey {
        /// The name of the key that signed.
        kid: Option<String>,
    },
}

/// Media type of a manifest, against a signature made for something else.
const TYPE: &str = "step-policy-manifest";

impl Manifest {
    /// The file beside a module that holds its manifest.
    pub fn path(module: &Path) -> PathBuf {
        let mut path = module.as_os_str().to_owned();
        path.push(".jws");
        path.into()
    }

    /// Signs with a private key; the key's `kid`, or else its thumbprint, names it.
    ///
    /// # Errors
    ///
    /// When the key is not private or cannot sign.
    pub fn sign(&self, key: &Jwk) -> Result<String, JoseError> {
        let kid = key_name(key);
        let header = jws::ProtectedHeader { kid: Some(&kid), typ: Some(TYPE), ..jws::ProtectedHeader::default() };
        let payload = serde_json::to_vec(self).expect("texts and numbers are always JSON");
        jws::sign(&header, payload, key)
    }

    /// The manifest in `text`, when one of the trusted keys signed it and it speaks of this module.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Unsigned`] without a text, [`ManifestError::WrongKey`] and [`ManifestError::Altered`].
    pub fn verify(text: Option<&str>, trusted: &[Jwk], module: &[u8]) -> Result<Self, ManifestError> {
        let text = text.ok_or(ManifestError::Unsigned)?;
        let altered = |what: String| ManifestError::Altered { what };
        let message = jws::Compact::parse(text).map_err(|error| altered(format!("the manifest: {error}")))?;
        let kid = message.header().kid();
        let key = trusted.iter().find(|key| kid == Some(key_name(key).as_str()));
        let key = key.ok_or_else(|| ManifestError::WrongKey { kid: kid.map(escaped) })?;
        let verified = jose::VerifyingKey::from_jwk(key).and_then(|key| message.verify(&key));
        verified.map_err(|error| altered(format!("the manifest's signature: {error}")))?;
        if message.header().typ() != Some(TYPE) {
            return Err(altered("the signature was made for something that is no manifest".to_owned()));
        }
        let manifest: Self =
            serde_json::from_slice(message.payload()).map_err(|error| altered(format!("the manifest: {error}")))?;
        let found = sha256(module);
        if manifest.sha256 != found {
            return Err(altered(format!("the module has SHA-256 {found}, the manifest speaks of {}", manifest.sha256)));
        }
        Ok(manifest)
    }

    /// Vouches for the policy of this name: what is signed for one does not take the place of another.
    ///
    /// # Errors
    ///
    /// [`ManifestError::OtherPolicy`].
    pub fn is_of(&self, policy: &str) -> Result<(), ManifestError> {
        if self.name == policy {
            return Ok(());
        }
        Err(ManifestError::OtherPolicy { name: self.name.clone(), wanted: policy.to_owned() })
    }

    /// Says of the module what the module says itself: the world it is made for, and the capabilities it imports, by
    /// their [short names](capability).
    ///
    /// # Errors
    ///
    /// [`ManifestError::Untrue`].
    pub fn is_true_of(&self, world: &str, grants: &[String]) -> Result<(), ManifestError> {
        let (said, found) = (description(&self.world, &self.grants), description(world, grants));
        if said == found { Ok(()) } else { Err(ManifestError::Untrue { said, found }) }
    }

    /// Is not older than the newest version that was in use.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Older`].
    pub fn not_older(&self, newest: Option<u64>) -> Result<(), ManifestError> {
        match newest.filter(|newest| self.version < *newest) {
            None => Ok(()),
            Some(newest) => Err(ManifestError::Older { name: self.name.clone(), version: self.version, newest }),
        }
    }
}

/// Nobody vouches for this text yet: what steers a terminal is shown, not obeyed.
fn escaped(kid: &str) -> String {
    kid.chars().flat_map(char::escape_default).collect()
}

/// `a check-module that needs http, kv`
fn description(world: &str, grants: &[String]) -> String {
    let grants: BTreeSet<String> = grants.iter().map(|grant| escaped(grant)).collect();
    let needs = if grants.is_empty() { "nothing".to_owned() } else { Vec::from_iter(grants).join(", ") };
    format!("a {} that needs {needs}", escaped(world))
}

/// What a manifest calls a capability, and what `ca.json` grants: `kv` for the import `step:policy/kv@0.1.0`.
pub fn capability(import: &str) -> &str {
    let name = import.strip_prefix("step:policy/").unwrap_or(import);
    name.split('@').next().unwrap_or(name)
}

/// What a manifest calls a key: its `kid`, else its thumbprint (RFC 7638).
pub fn key_name(key: &Jwk) -> String {
    key.kid().map_or_else(|| key.thumbprint(), str::to_owned)
}

/// In lower-case hex.
pub fn sha256(octets: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &[u8] = b"the module";

    fn manifest() -> Manifest {
        Manifest {
            name: "office-hours".to_owned(),
            version: 3,
            sha256: sha256(MODULE),
            world: "check-module".to_owned(),
            grants: vec!["kv".to_owned()],
        }
    }

    fn refusal(text: Option<&str>, trusted: &Jwk, module: &[u8]) -> ManifestError {
        Manifest::verify(text, &[trusted.public()], module).unwrap_err()
    }

    #[test]
    fn what_a_trusted_key_signed_is_believed() {
        let key = Jwk::generate_ec_p256().unwrap();
        let text = manifest().sign(&key).unwrap();
        assert_eq!(Manifest::verify(Some(&text), &[key.public()], MODULE).unwrap(), manifest());
    }

    #[test]
    fn unsigned_wrong_key_altered_and_older_are_told_apart() {
        let (key, other) = (Jwk::generate_ec_p256().unwrap(), Jwk::generate_ed25519().unwrap());
        let text = manifest().sign(&key).unwrap();
        assert!(matches!(refusal(None, &key, MODULE), ManifestError::Unsigned));
        assert!(matches!(refusal(Some(&text), &other, MODULE), ManifestError::WrongKey { kid: Some(_) }));
        assert!(matches!(refusal(Some(&text), &key, b"another module"), ManifestError::Altered { .. }));
        let older = manifest().not_older(Some(4)).unwrap_err();
        assert!(matches!(older, ManifestError::Older { version: 3, newest: 4, .. }));
        assert!(manifest().not_older(Some(3)).is_ok() && manifest().not_older(None).is_ok());
    }

    #[test]
    fn a_manifest_is_of_the_policy_it_names_and_of_no_other() {
        assert!(manifest().is_of("office-hours").is_ok());
        let error = manifest().is_of("quota").unwrap_err();
        assert!(matches!(error, ManifestError::OtherPolicy { .. }), "{error}");
    }

    #[test]
    fn a_manifest_says_of_the_module_what_is_so() {
        let grants = |grants: &[&str]| grants.iter().map(|grant| (*grant).to_owned()).collect::<Vec<_>>();
        assert!(manifest().is_true_of("check-module", &grants(&["kv"])).is_ok());
        for (world, needed) in [
            ("check-module", grants(&["http", "kv"])),
            ("check-module", vec![]),
            ("provisioner-module", grants(&["kv"])),
        ] {
            let error = manifest().is_true_of(world, &needed).unwrap_err();
            assert!(matches!(error, ManifestError::Untrue { .. }), "{error}");
        }
        let error = manifest().is_true_of("check-module", &grants(&["kv", "http"])).unwrap_err().to_string();
        let said =
            "the manifest speaks of a check-module that needs kv, the module is a check-module that needs http, kv";
        assert_eq!(error, format!("untrue: {said}"));
    }

    #[test]
    fn a_capability_is_known_by_its_short_name() {
        assert_eq!(capability("step:policy/consume-once@0.1.0"), "consume-once");
    }

    #[test]
    fn a_manifest_that_was_changed_is_altered() {
        let key = Jwk::generate_ec_p256().unwrap();
        let text = manifest().sign(&key).unwrap();
        let other = Manifest { version: 4, ..manifest() }.sign(&key).unwrap();
        let (header, rest) = text.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let payload = other.split('.').nth(1).unwrap();
        let forged = format!("{header}.{payload}.{signature}");
        assert!(matches!(refusal(Some(&forged), &key, MODULE), ManifestError::Altered { .. }));
        assert!(matches!(refusal(Some("nonsense"), &key, MODULE), ManifestError::Altered { .. }));
    }

    #[test]
    fn a_key_that_borrows_the_name_of_a_trusted_one_signs_nothing() {
        let trusted = Jwk::generate_ec_p256().unwrap().with_kid("release");
        let borrowed = Jwk::generate_ec_p256().unwrap().with_kid("release");
        let text = manifest().sign(&borrowed).unwrap();
        assert!(matches!(refusal(Some(&text), &trusted, MODULE), ManifestError::Altered { .. }));
    }

    #[test]
    fn a_token_of_the_same_key_is_no_manifest() {
        let key = Jwk::generate_ec_p256().unwrap();
        let payload = serde_json::to_vec(&manifest()).unwrap();
        let token = jws::sign(&jws::ProtectedHeader::jwt(&key_name(&key)), payload, &key).unwrap();
        assert!(matches!(refusal(Some(&token), &key, MODULE), ManifestError::Altered { .. }));
    }
}
