//! The extension that says which provisioner a certificate came from.

use x509_parser::der_parser::asn1_rs::{FromDer as _, Integer, OctetString, Sequence};

/// `SEQUENCE { type INTEGER, name OCTET STRING, credentialID OCTET STRING, keyValuePairs SEQUENCE OF UTF8String OPTIONAL }`.
pub(super) struct StepProvisioner {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) credential_id: String,
}

/// Its object identifier.
pub(super) const OID: &str = "1.3.6.1.4.1.37476.9000.64.1";

impl StepProvisioner {
    /// Reads the extension's value; nothing when it has another shape.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let (_, sequence) = Sequence::from_der(value).ok()?;
        let (rest, kind) = Integer::from_der(&sequence.content).ok()?;
        let (rest, name) = OctetString::from_der(rest).ok()?;
        let (_, credential_id) = OctetString::from_der(rest).ok()?;
        Some(Self {
            kind: kind.as_i64().ok().and_then(kind_name)?,
            name: String::from_utf8_lossy(name.as_ref()).into_owned(),
            credential_id: String::from_utf8_lossy(credential_id.as_ref()).into_owned(),
        })
    }
}

fn kind_name(kind: i64) -> Option<&'static str> {
    const NAMES: [&str; 11] =
        ["JWK", "OIDC", "GCP", "AWS", "Azure", "ACME", "X5C", "K8sSA", "SSHPOP", "SCEP", "Nebula"];
    NAMES.get(usize::try_from(kind.checked_sub(1)?).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_elements_are_read() {
        let value = [0x30, 0x09, 0x02, 0x01, 0x01, 0x04, 0x01, b'a', 0x04, 0x01, b'b'];
        let provisioner = StepProvisioner::read(&value).expect("well formed");
        assert_eq!(
            (provisioner.kind, provisioner.name.as_str(), provisioner.credential_id.as_str()),
            ("JWK", "a", "b")
        );
        for end in 0..value.len() {
            assert!(StepProvisioner::read(&value[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn a_kind_nobody_knows_is_not_guessed() {
        assert_eq!(kind_name(11), Some("Nebula"));
        assert_eq!([kind_name(0), kind_name(12), kind_name(i64::MIN)], [None; 3]);
    }
}
