//! Keys that guests verify with, parsed once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authority::{Certificate, SubjectPublicKeyInfo};
use jose::{JoseError, UncheckedKey, UncheckedKeys, VerifyingKey};

use super::price::{self, KeySize};
use crate::call::Meter;

/// Keys by the text or DER they were given as. Parsing one costs as much as verifying with it, and a provisioner
/// verifies with the same few keys all day.
///
/// A key that was found here costs a guest the same fuel as one that had to be parsed: what a call costs must not depend
/// on the calls before it.
#[derive(Default)]
pub(crate) struct KeyCache {
    /// Oldest first. Held for a look-up or an insertion, never while a key is parsed or used.
    entries: Mutex<VecDeque<Entry>>,
}

struct Entry {
    form: Form,
    source: Vec<u8>,
    /// Which key of a set it is; nothing when the source is one key.
    kid: Option<String>,
    key: Arc<Key>,
}

impl Entry {
    fn is(&self, form: Form, source: &[u8], kid: Option<&str>) -> bool {
        self.form == form && (self.kid.is_none() || self.kid.as_deref() == kid) && self.source == source
    }
}

/// How a key was given. The same octets in another form are another key, or none.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Form {
    Certificate,
    Json,
    Spki,
}

/// A key ready to verify with, and what that costs.
pub(super) struct Key {
    pub(super) verifying: VerifyingKey,
    /// The price of finding it, cached or not.
    found_for: u64,
    /// The price of one verification.
    pub(super) verify: u64,
}

/// Why there is no key.
#[derive(Debug)]
pub(super) enum NoKey {
    /// The guest cannot pay for it.
    Stopped(wasmtime::Error),
    /// It is not one.
    Refused(JoseError),
    /// No key of the set can be chosen.
    NotInSet,
}

impl From<wasmtime::Error> for NoKey {
    fn from(error: wasmtime::Error) -> Self {
        Self::Stopped(error)
    }
}

impl From<JoseError> for NoKey {
    fn from(error: JoseError) -> Self {
        Self::Refused(error)
    }
}

impl KeyCache {
    const ENTRIES: usize = 16;

    /// A JSON Web Key, or the one called `kid` of a set of them. Other keys of the set are not looked at.
    pub(super) fn json(&self, text: &str, kid: Option<&str>, meter: &mut Meter) -> Result<Arc<Key>, NoKey> {
        if let Some(key) = self.find(Form::Json, text.as_bytes(), kid) {
            meter.charge(key.found_for)?;
            return Ok(key);
        }
        let (kid, key) = match UncheckedKeys::from_json(text)? {
            UncheckedKeys::One(key) => (None, one(key, meter)?),
            UncheckedKeys::Set(keys) => (kid, chosen(keys, kid, meter)?),
        };
        Ok(self.insert(Form::Json, text.as_bytes(), kid, key))
    }

    /// A SubjectPublicKeyInfo.
    pub(super) fn spki(&self, der: &[u8], meter: &mut Meter) -> Result<Arc<Key>, NoKey> {
        if let Some(key) = self.find(Form::Spki, der, None) {
            meter.charge(key.found_for)?;
            return Ok(key);
        }
        let info = SubjectPublicKeyInfo::from_der(der).map_err(|_| JoseError::InvalidKey("it is no public key"))?;
        Ok(self.insert(Form::Spki, der, None, of_info(&info, meter)?))
    }

    /// The key of a certificate, of which nothing else is looked at.
    pub(super) fn certificate(&self, der: &[u8], meter: &mut Meter) -> Result<Arc<Key>, NoKey> {
        if let Some(key) = self.find(Form::Certificate, der, None) {
            meter.charge(key.found_for)?;
            return Ok(key);
        }
        let certificate =
            Certificate::from_der(der).map_err(|_| JoseError::InvalidKey("it is in no X.509 certificate"))?;
        Ok(self.insert(Form::Certificate, der, None, of_info(certificate.public_key(), meter)?))
    }

    fn find(&self, form: Form, source: &[u8], kid: Option<&str>) -> Option<Arc<Key>> {
        self.entries().iter().find(|entry| entry.is(form, source, kid)).map(|entry| Arc::clone(&entry.key))
    }

    fn insert(&self, form: Form, source: &[u8], kid: Option<&str>, key: Key) -> Arc<Key> {
        let key = Arc::new(key);
        let entry = Entry { form, source: source.to_owned(), kid: kid.map(str::to_owned), key: Arc::clone(&key) };
        let mut entries = self.entries();
        if entries.len() == Self::ENTRIES {
            entries.pop_front();
        }
        entries.push_back(entry);
        key
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        // Entries are whole whatever happened to a thread that held the lock.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn one(key: UncheckedKey, meter: &mut Meter) -> Result<Key, NoKey> {
    if key.is_secret() {
        return Err(JoseError::SecretKey.into());
    }
    let mut found_for = 0;
    checked(key, meter, &mut found_for)
}

/// The first usable key of that name. A set that gives a secret away is refused whole, before any of its keys is paid for.
fn chosen(keys: Vec<UncheckedKey>, kid: Option<&str>, meter: &mut Meter) -> Result<Key, NoKey> {
    if keys.iter().any(UncheckedKey::is_secret) {
        return Err(JoseError::SecretKey.into());
    }
    let mut found_for = 0;
    for key in keys.into_iter().filter(|key| kid.is_some() && key.kid() == kid) {
        match checked(key, meter, &mut found_for) {
            // RFC 7517 §5: what is not understood is passed over.
            Err(NoKey::Refused(_)) => {}
            found => return found,
        }
    }
    Err(NoKey::NotInSet)
}

/// Pays for a look at the numbers, then looks.
fn checked(key: UncheckedKey, meter: &mut Meter, found_for: &mut u64) -> Result<Key, NoKey> {
    let Some(size) = key.kind().map(KeySize::from) else {
        // Its type or curve is the reason, and the check says so at once.
        return Err(key.check().err().unwrap_or(JoseError::InvalidKey("it is of no known kind")).into());
    };
    let price = price::key(size);
    meter.charge(price)?;
    *found_for = found_for.saturating_add(price);
    let verifying = VerifyingKey::from_jwk(&key.check()?)?;
    Ok(Key { verifying, found_for: *found_for, verify: price::verify(size) })
}

fn of_info(info: &SubjectPublicKeyInfo, meter: &mut Meter) -> Result<Key, NoKey> {
    let size =
        KeySize::of(info.kind()).ok_or(JoseError::InvalidKey("it is none of RSA, P-256, P-384, P-521 and Ed25519"))?;
    let found_for = price::key(size);
    meter.charge(found_for)?;
    Ok(Key { verifying: VerifyingKey::from_spki(info.spki_der())?, found_for, verify: price::verify(size) })
}

#[cfg(test)]
mod tests {
    use jose::{Curve, Jwk};

    use super::*;

    fn set(keys: &[&str]) -> String {
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    #[test]
    fn a_key_is_parsed_once() {
        let cache = KeyCache::default();
        let text = Jwk::generate_ec_p256().unwrap().to_json();
        let first = cache.json(&text, None, &mut Meter::full()).ok().unwrap();
        assert!(Arc::ptr_eq(&first, &cache.json(&text, Some("any"), &mut Meter::full()).ok().unwrap()));
    }

    #[test]
    fn the_cache_forgets_the_oldest() {
        let cache = KeyCache::default();
        let keys: Vec<String> = (0..=KeyCache::ENTRIES).map(|_| Jwk::generate_ed25519().unwrap().to_json()).collect();
        let find = |text: &str| cache.json(text, None, &mut Meter::full()).ok().unwrap();
        let first = find(&keys[0]);
        for key in &keys {
            find(key);
        }
        assert_eq!(cache.entries().len(), KeyCache::ENTRIES);
        assert!(!Arc::ptr_eq(&first, &find(&keys[0])));
    }

    #[test]
    fn a_set_is_searched_by_kid_alone() {
        let cache = KeyCache::default();
        let text = set(&[&Jwk::generate_ec_p256().unwrap().with_kid("a").to_json()]);
        let find = |kid| cache.json(&text, kid, &mut Meter::full());
        assert!(find(Some("a")).is_ok());
        assert!(matches!(find(Some("b")), Err(NoKey::NotInSet)));
        assert!(matches!(find(None), Err(NoKey::NotInSet)));
    }

    #[test]
    fn a_key_costs_the_same_whether_it_is_cached_or_not() {
        let cache = KeyCache::default();
        let bad = r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA","kid":"a"}"#;
        let text = set(&[bad, &Jwk::generate_ec(Curve::P521).unwrap().with_kid("a").to_json()]);
        let paid = || {
            let mut meter = Meter::full();
            assert!(cache.json(&text, Some("a"), &mut meter).is_ok());
            meter.used()
        };
        let both = price::key(KeySize::P384) + price::key(KeySize::P521);
        assert_eq!((paid(), paid()), (both, both));
    }

    #[test]
    fn keys_of_a_set_that_are_not_asked_for_are_neither_looked_at_nor_paid_for() {
        let wanted = Jwk::generate_ed25519().unwrap().with_kid("a").to_json();
        let other = Jwk::generate_ec_p256().unwrap().with_kid("b").to_json();
        let mut keys = vec![other.as_str(); 200];
        keys.push(&wanted);
        let mut meter = Meter::full();
        assert!(KeyCache::default().json(&set(&keys), Some("a"), &mut meter).is_ok());
        assert_eq!(meter.used(), price::key(KeySize::Ed25519));
    }

    #[test]
    fn a_text_with_a_secret_is_refused_before_anything_is_paid_for() {
        let key = Jwk::generate_ec_p256().unwrap().with_kid("a");
        let private = key.to_private_json().unwrap();
        let symmetric = r#"{"kty":"oct","k":"AAAA","kid":"b"}"#;
        for text in [private.to_string(), set(&[&key.to_json(), &private]), set(&[symmetric, &key.to_json()])] {
            let mut meter = Meter::full();
            let outcome = KeyCache::default().json(&text, Some("a"), &mut meter);
            assert!(matches!(outcome, Err(NoKey::Refused(JoseError::SecretKey))));
            assert_eq!(meter.used(), 0);
        }
    }
}
