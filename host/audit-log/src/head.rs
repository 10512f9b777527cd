//! How far a log was, signed by the CA that wrote it.

use std::{fmt, str::FromStr};

use authority::{Issuer, Statement, SubjectPublicKeyInfo, Timestamp, keys::SignerError};
use serde::{Deserialize, Serialize};

use super::{Digest, Head};

/// The end a log had at a time, signed with the issuing key of its CA. One line of JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedHead {
    /// Identifies the log.
    pub log: [u8; 16],
    /// Its end.
    pub head: Head,
    /// When that was.
    pub time: Timestamp,
    /// SHA-256 of the SubjectPublicKeyInfo it was signed with.
    pub key: Digest,
    signature: Vec<u8>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(with = "crate::octets")]
    log: [u8; 16],
    sequence: u64,
    hash: Digest,
    time: String,
    key: Digest,
    #[serde(with = "crate::octets")]
    signature: Vec<u8>,
}

impl SignedHead {
    /// Signs the end of a log.
    ///
    /// # Errors
    /// The key makes no signatures now.
    pub fn sign(log: [u8; 16], head: Head, time: Timestamp, issuer: &Issuer) -> Result<Self, SignerError> {
        let signature = issuer.sign_statement(Statement::AuditHead, &text(&log, head, time))?;
        let key = Digest::of(&[issuer.certificate().public_key().spki_der()]);
        Ok(Self { log, head, time, key, signature })
    }

    /// Compares the signature with a key.
    ///
    /// # Errors
    /// It was made with another key, or does not hold.
    pub fn verify(&self, key: &SubjectPublicKeyInfo) -> Result<(), HeadError> {
        if Digest::of(&[key.spki_der()]) != self.key {
            return Err(HeadError::OtherKey { key: self.key });
        }
        let text = text(&self.log, self.head, self.time);
        Statement::AuditHead.verify(&text, key, &self.signature).map_err(|_| HeadError::Signature)
    }
}

/// What is signed.
fn text(log: &[u8; 16], Head { sequence, hash }: Head, time: Timestamp) -> String {
    format!("{} {sequence} {hash} {time}", hex::encode(log))
}

impl fmt::Display for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log, head: Head { sequence, hash }, time, key, signature } = self.clone();
        let words = Words { log, sequence, hash, time: time.to_string(), key, signature };
        f.write_str(&serde_json::to_string(&words).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for SignedHead {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let words: Words = serde_json::from_str(text.trim_end()).map_err(|_| HeadError::NotAHead)?;
        let Words { log, sequence, hash, time, key, signature } = words;
        let time = time.parse().map_err(|_| HeadError::NotAHead)?;
        Ok(Self { log, head: Head { sequence, hash }, time, key, signature })
    }
}

/// Why a signed head is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeadError {
    /// The text is none.
    #[error("it is no signed head of an audit log")]
    NotAHead,
    /// It names another key.
    #[error("it was signed with the key whose SHA-256 is {key}, which is not that of the certificate")]
    OtherKey {
        /// SHA-256 of the SubjectPublicKeyInfo.
        key: Digest,
    },
    /// The signature does not hold.
    #[error("its signature does not verify")]
    Signature,
}

#[cfg(test)]
mod tests {
    use authority::{
        keys::{KeySpec, PrivateKey},
        pki,
    };

    use super::*;

    fn issuer(kind: KeySpec) -> Issuer {
        let now = Timestamp::from_unix(1_800_000_000);
        let (root_key, key) = (PrivateKey::generate(KeySpec::EcP256).unwrap(), PrivateKey::generate(kind).unwrap());
        let root = pki::create_root("Root", &root_key, now).unwrap();
        let certificate = pki::create_intermediate("CA", &key, &root, &root_key, now).unwrap();
        Issuer::new(vec![certificate], Box::new(key)).unwrap()
    }

    fn head(issuer: &Issuer) -> SignedHead {
        let head = Head { sequence: 12, hash: Digest::of(&[b"line"]) };
        SignedHead::sign([7; 16], head, Timestamp::from_unix(1_800_000_000), issuer).unwrap()
    }

    #[test]
    fn a_head_reads_back_and_verifies_with_every_kind_of_key() {
        for kind in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
            let issuer = issuer(kind);
            let read: SignedHead = format!("{}\n", head(&issuer)).parse().unwrap();
            assert_eq!(read.to_string().parse(), Ok(read.clone()));
            assert_eq!(read.verify(issuer.certificate().public_key()), Ok(()), "{kind:?}");
        }
    }

    #[test]
    fn a_head_that_was_moved_or_signed_by_another_is_not_believed() {
        let (ours, other) = (issuer(KeySpec::EcP256), issuer(KeySpec::EcP256));
        let good = head(&ours);
        let key = ours.certificate().public_key();
        let shorter = SignedHead { head: Head { sequence: 11, ..good.head }, ..good.clone() };
        let later = SignedHead { time: Timestamp::from_unix(1_800_000_001), ..good.clone() };
        let of_another_log = SignedHead { log: [8; 16], ..good.clone() };
        for altered in [shorter, later, of_another_log] {
            assert_eq!(altered.verify(key), Err(HeadError::Signature));
        }
        assert_eq!(head(&other).verify(key), Err(HeadError::OtherKey { key: head(&other).key }));
        assert_eq!("{}".parse::<SignedHead>(), Err(HeadError::NotAHead));
    }
}
