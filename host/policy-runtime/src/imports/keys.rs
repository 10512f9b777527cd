//! Keys that guests verify with, parsed once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authority::Certificate;
use jose::{JoseError, Jwk, JwkSet, VerifyingKey};

/// Keys by the text or DER they were given as. Parsing one costs as much as verifying with it, and a provisioner
/// verifies with the same few keys all day.
#[derive(Default)]
pub(crate) struct KeyCache {
    /// Oldest first. Held for a look-up or an insertion, never while a key is parsed or used.
    entries: Mutex<VecDeque<Entry>>,
}

struct Entry {
    form: Form,
    source: Vec<u8>,
    keys: Arc<Keys>,
}

/// How a key was given. The same octets in another form are another key, or none.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Form {
    Certificate,
    Json,
    Spki,
}

/// What a text or DER stands for.
pub(crate) enum Keys {
    One(VerifyingKey),
    /// Each with its `kid`; keys without one cannot be chosen.
    Set(Vec<(String, VerifyingKey)>),
}

impl KeyCache {
    const ENTRIES: usize = 16;

    /// A JSON Web Key, or a set of them.
    pub(super) fn json(&self, text: &str) -> Result<Arc<Keys>, JoseError> {
        self.find_or_parse(Form::Json, text.as_bytes(), || Keys::from_json(text))
    }

    /// A SubjectPublicKeyInfo.
    pub(super) fn spki(&self, der: &[u8]) -> Result<Arc<Keys>, JoseError> {
        self.find_or_parse(Form::Spki, der, || VerifyingKey::from_spki(der).map(Keys::One))
    }

    /// The key of a certificate, of which nothing else is looked at.
    pub(super) fn certificate(&self, der: &[u8]) -> Result<Arc<Keys>, JoseError> {
        self.find_or_parse(Form::Certificate, der, || {
            let certificate =
                Certificate::from_der(der).map_err(|_| JoseError::InvalidKey("it is in no X.509 certificate"))?;
            VerifyingKey::from_spki(certificate.public_key().spki_der()).map(Keys::One)
        })
    }

    fn find_or_parse(
        &self,
        form: Form,
        source: &[u8],
        parse: impl FnOnce() -> Result<Keys, JoseError>,
    ) -> Result<Arc<Keys>, JoseError> {
        if let Some(entry) = self.entries().iter().find(|entry| entry.form == form && entry.source == source) {
            return Ok(Arc::clone(&entry.keys));
        }
        let keys = Arc::new(parse()?);
        let mut entries = self.entries();
        if entries.len() == Self::ENTRIES {
            entries.pop_front();
        }
        entries.push_back(Entry { form, source: source.to_owned(), keys: Arc::clone(&keys) });
        Ok(keys)
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        // Entries are whole whatever happened to a thread that held the lock.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    fn from_json(text: &str) -> Result<Self, JoseError> {
        // A key has a `kty`, a set has `keys` (RFC 7517 §4.1, §5): what is no key is read as a set, and the error is
        // that of the one it looks like.
        match Jwk::from_json(text) {
            Ok(jwk) => VerifyingKey::from_jwk(&jwk).map(Self::One),
            Err(not_a_key) => {
                let Ok(set) = JwkSet::from_json(text) else { return Err(not_a_key) };
                let usable = set.keys().iter().filter_map(|jwk| {
                    let key = VerifyingKey::from_jwk(jwk).ok()?;
                    Some((jwk.kid()?.to_owned(), key))
                });
                Ok(Self::Set(usable.collect()))
            }
        }
    }

    /// The key for a token that names `kid`.
    pub(super) fn choose(&self, kid: Option<&str>) -> Option<&VerifyingKey> {
        match self {
            Self::One(key) => Some(key),
            Self::Set(keys) => keys.iter().find(|(own, _)| Some(own.as_str()) == kid).map(|(_, key)| key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_parsed_once() {
        let cache = KeyCache::default();
        let text = Jwk::generate_ec_p256().unwrap().to_json();
        let first = cache.json(&text).unwrap();
        assert!(Arc::ptr_eq(&first, &cache.json(&text).unwrap()));
    }

    #[test]
    fn the_cache_forgets_the_oldest() {
        let cache = KeyCache::default();
        let keys: Vec<String> = (0..=KeyCache::ENTRIES).map(|_| Jwk::generate_ed25519().unwrap().to_json()).collect();
        let first = cache.json(&keys[0]).unwrap();
        for key in &keys {
            cache.json(key).unwrap();
        }
        assert_eq!(cache.entries().len(), KeyCache::ENTRIES);
        assert!(!Arc::ptr_eq(&first, &cache.json(&keys[0]).unwrap()));
    }

    #[test]
    fn a_set_is_searched_by_kid_alone() {
        let jwk = Jwk::generate_ec_p256().unwrap().with_kid("a");
        let keys = Keys::from_json(&format!(r#"{{"keys":[{}]}}"#, jwk.to_json())).unwrap();
        assert!(keys.choose(Some("a")).is_some());
        assert!(keys.choose(Some("b")).is_none());
        assert!(keys.choose(None).is_none());
    }
}
