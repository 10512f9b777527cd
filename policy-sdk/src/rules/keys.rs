//! Which keys may be certified.

use std::{fmt, str::FromStr};

use super::one_of;
use crate::types::{Denial, KeyType, PublicKeyInfo};

/// A kind of key: `RSA-3072` (that many bits or more), `P-256`, `P-384`, `P-521` or `Ed25519`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRule(KeyType);

/// A text that is no kind of key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRuleError(String);

impl fmt::Display for KeyRuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is no kind of key; write RSA-3072, P-256, P-384, P-521 or Ed25519", self.0)
    }
}

impl std::error::Error for KeyRuleError {}

impl FromStr for KeyRule {
    type Err = KeyRuleError;

    fn from_str(text: &str) -> Result<Self, KeyRuleError> {
        let bits = text.strip_prefix("RSA-").and_then(|bits| bits.parse::<u32>().ok()).filter(|bits| *bits >= 2048);
        Ok(Self(match (text, bits) {
            (_, Some(bits)) => KeyType::Rsa(bits),
            ("P-256" | "P-384" | "P-521", _) => KeyType::Ec(text.to_owned()),
            ("Ed25519", _) => KeyType::Ed25519,
            _ => return Err(KeyRuleError(text.to_owned())),
        }))
    }
}

impl fmt::Display for KeyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            KeyType::Rsa(bits) => write!(f, "RSA with {bits} bits or more"),
            other => f.write_str(&name(other)),
        }
    }
}

crate::text_setting!(KeyRule: r#"{"type":"string","description":"RSA-3072 (or any number of bits), P-256, P-384, P-521 or Ed25519"}"#);

impl KeyRule {
    /// Whether the key is of this kind, and strong enough.
    pub fn allows(&self, key: &PublicKeyInfo) -> bool {
        match (&self.0, &key.kind) {
            (KeyType::Rsa(least), KeyType::Rsa(bits)) => bits >= least,
            (wanted, kind) => wanted == kind,
        }
    }
}

fn name(kind: &KeyType) -> String {
    match kind {
        KeyType::Rsa(bits) => format!("RSA with {bits} bits"),
        KeyType::Ec(curve) => curve.clone(),
        KeyType::Ed25519 => "Ed25519".to_owned(),
        KeyType::Other(oid) => format!("a key of {oid}"),
    }
}

/// The key is of one of these kinds.
///
/// # Errors
///
/// 403, with what it is.
pub fn key_is_one_of(rule: &str, rules: &[KeyRule], key: &PublicKeyInfo) -> Result<(), Denial> {
    if rules.iter().any(|rule| rule.allows(key)) {
        return Ok(());
    }
    Err(Denial::forbidden(rule, format!("keys must be {} here", one_of(rules)))
        .field("public-key")
        .got(name(&key.kind))
        .want(one_of(rules))
        .hint("make another key, e.g. with `step ca certificate --kty EC --curve P-256`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: KeyType) -> PublicKeyInfo {
        PublicKeyInfo { kind, spki: vec![] }
    }

    #[test]
    fn rsa_keys_may_be_longer_and_never_shorter() {
        let rule: KeyRule = "RSA-3072".parse().unwrap();
        assert!(rule.allows(&key(KeyType::Rsa(3072))) && rule.allows(&key(KeyType::Rsa(4096))));
        assert!(!rule.allows(&key(KeyType::Rsa(2048))));
        assert!(!rule.allows(&key(KeyType::Ec("P-256".into()))));
    }

    #[test]
    fn what_is_no_kind_of_key_is_refused() {
        for text in ["", "RSA", "RSA-1024", "RSA-x", "P-224", "ed25519"] {
            assert!(text.parse::<KeyRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_the_key_is() {
        let rules = ["P-256".parse().unwrap(), "RSA-3072".parse().unwrap()];
        assert_eq!(key_is_one_of("x.key", &rules, &key(KeyType::Ec("P-256".into()))), Ok(()));
        let denial = key_is_one_of("x.key", &rules, &key(KeyType::Rsa(2048))).unwrap_err();
        assert_eq!(denial.message, "keys must be P-256 or RSA with 3072 bits or more here");
        assert_eq!(denial.reasons[0].got.as_deref(), Some("RSA with 2048 bits"));
    }
}
