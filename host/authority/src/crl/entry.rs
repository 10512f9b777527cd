//! One entry of a list (RFC 5280 §5.1.2.6, §5.3).

use der::asn1::{AnyRef, UintRef};
use der::{Reader, SliceReader, Tag, Tagged};

use crate::extensions::{Extension, decode_extensions, encode_extensions};
use crate::revocation_reason::RevocationReason;
use crate::serial::SerialNumber;
use crate::tbs::{NotEncodable, decode_time, encode_time};
use crate::time::Timestamp;
use crate::{asn1, oid};

/// A certificate that is revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RevokedCertificate {
    /// Which one.
    pub serial_number: SerialNumber,
    /// Since when.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

impl RevokedCertificate {
    pub(super) fn encode(&self) -> Result<Vec<u8>, NotEncodable> {
        Ok(asn1::sequence(&[
            &asn1::unsigned_integer(self.serial_number.as_bytes()),
            &encode_time(self.revoked_at)?,
            &self.extensions(),
        ]))
    }

    /// RFC 5280 §5.3.1: without a reason there is no extension.
    fn extensions(&self) -> Vec<u8> {
        if self.reason == RevocationReason::Unspecified {
            return Vec::new();
        }
        let reason = asn1::tlv(asn1::ENUMERATED, &[&[self.reason.code()]]);
        encode_extensions(&[Extension::not_critical(oid::CRL_REASON, reason)])
    }

    pub(super) fn decode(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        reader.sequence(|reader| {
            let serial_number: UintRef<'_> = reader.decode()?;
            let serial_number =
                SerialNumber::from_bytes(serial_number.as_bytes()).map_err(|_| Tag::Integer.value_error())?;
            let revoked_at = decode_time(reader.decode()?)?;
            let reason = if reader.is_finished() { RevocationReason::Unspecified } else { decode_reason(reader)? };
            Ok(Self { serial_number, revoked_at, reason })
        })
    }
}

/// The reason, from a list of extensions in which there is nothing else.
fn decode_reason(reader: &mut SliceReader<'_>) -> der::Result<RevocationReason> {
    let extensions = decode_extensions(reader.tlv_bytes()?, 1).map_err(|_| Tag::Sequence.value_error())?;
    match extensions.as_slice() {
        [reason] if reason.oid == oid::CRL_REASON => decode_enumerated(&reason.value),
        _ => Err(Tag::Sequence.value_error().into()),
    }
}

fn decode_enumerated(der: &[u8]) -> der::Result<RevocationReason> {
    let mut reader = SliceReader::new(der)?;
    let value: AnyRef<'_> = reader.decode()?;
    reader.finish()?;
    match (value.tag(), value.value()) {
        (Tag::Enumerated, [code]) => {
            RevocationReason::from_code(*code).map_err(|_| Tag::Enumerated.value_error().into())
        }
        _ => Err(Tag::Enumerated.value_error().into()),
    }
}
