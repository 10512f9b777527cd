//! TBSCertificate and Certificate as octets (RFC 5280 §4.1).

use der::DateTime;
use der::asn1::{GeneralizedTime, UtcTime};
use std::time::Duration;

use crate::asn1;
use crate::extensions::{Extension, encode_extensions};
use crate::serial::SerialNumber;
use crate::time::{Timestamp, Validity};

/// What a certificate says, each part as it will stand there.
pub(crate) struct TbsCertificate<'a> {
    pub(crate) serial_number: SerialNumber,
    /// AlgorithmIdentifier of the signature to come.
    pub(crate) signature: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) validity: Validity,
    pub(crate) subject: &'a [u8],
    pub(crate) subject_public_key_info: &'a [u8],
    pub(crate) extensions: &'a [Extension],
}

/// A time is before 1970 or after 9999, so it cannot be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NotEncodable;

impl TbsCertificate<'_> {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, NotEncodable> {
        const VERSION_3: &[u8] = &[asn1::INTEGER, 1, 2];
        const VERSION: u8 = 0;
        const EXTENSIONS: u8 = 3;
        let extensions = match self.extensions {
            [] => Vec::new(),
            some => asn1::tlv(asn1::context_constructed(EXTENSIONS), &[&encode_extensions(some)]),
        };
        Ok(asn1::sequence(&[
            &asn1::tlv(asn1::context_constructed(VERSION), &[VERSION_3]),
            &asn1::unsigned_integer(self.serial_number.as_bytes()),
            self.signature,
            self.issuer,
            &asn1::sequence(&[&time(self.validity.not_before)?, &time(self.validity.not_after)?]),
            self.subject,
            self.subject_public_key_info,
            &extensions,
        ]))
    }
}

/// A certificate: what was signed, how, and the signature.
pub(crate) fn certificate(tbs: &[u8], signature_algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
    asn1::sequence(&[tbs, signature_algorithm, &asn1::bit_string(signature)])
}

/// UTCTime to the end of 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
fn time(time: Timestamp) -> Result<Vec<u8>, NotEncodable> {
    let seconds = u64::try_from(time.as_unix()).map_err(|_| NotEncodable)?;
    let date = DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| NotEncodable)?;
    Ok(match UtcTime::from_date_time(date) {
        Ok(time) => asn1::encode(&time),
        Err(_) => asn1::encode(&GeneralizedTime::from_date_time(date)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_time_changes_with_the_year_2050() {
        for (text, encoded) in [
            ("1970-01-01T00:00:00Z", "\x17\x0d700101000000Z"),
            ("2049-12-31T23:59:59Z", "\x17\x0d491231235959Z"),
            ("2050-01-01T00:00:00Z", "\x18\x0f20500101000000Z"),
            ("9999-12-31T23:59:59Z", "\x18\x0f99991231235959Z"),
        ] {
            assert_eq!(time(text.parse().unwrap()).unwrap(), encoded.as_bytes());
        }
        assert_eq!(time(Timestamp::from_unix(-1)), Err(NotEncodable));
        assert_eq!(time(Timestamp::from_unix(Timestamp::LAST.as_unix() + 1)), Err(NotEncodable));
        assert_eq!(time(Timestamp::from_unix(i64::MAX)), Err(NotEncodable));
    }
}
