//! TBSCertificate (RFC 5280 §4.1.2), written and read.

use std::time::Duration;

use der::asn1::{AnyRef, GeneralizedTime, IntRef, UtcTime};
use der::{DateTime, Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use crate::asn1;
use crate::extensions::{Extension, encode_extensions};
use crate::serial::SerialNumber;
use crate::time::{Timestamp, Validity};

/// What a certificate will say, each part as it will stand there.
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
            &asn1::sequence(&[&encode_time(self.validity.not_before)?, &encode_time(self.validity.not_after)?]),
            self.subject,
            self.subject_public_key_info,
            &extensions,
        ]))
    }
}

/// UTCTime to the end of 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5).
pub(crate) fn encode_time(time: Timestamp) -> Result<Vec<u8>, NotEncodable> {
    let seconds = u64::try_from(time.as_unix()).map_err(|_| NotEncodable)?;
    let date = DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| NotEncodable)?;
    Ok(match UtcTime::from_date_time(date) {
        Ok(time) => asn1::encode(&time),
        Err(_) => asn1::encode(&GeneralizedTime::from_date_time(date)),
    })
}

/// What a certificate says, as it is read.
pub(crate) struct Tbs<'a> {
    pub(crate) version: u8,
    pub(crate) serial_number: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) times: [AnyRef<'a>; 2],
    pub(crate) validity: Validity,
    pub(crate) subject: &'a [u8],
    pub(crate) subject_public_key_info: &'a [u8],
    pub(crate) extensions: Option<&'a [u8]>,
}

impl<'a> Tbs<'a> {
    pub(crate) fn decode(der: &'a [u8]) -> der::Result<Self> {
        asn1::read_sequence(der, |reader| {
            let version = match context_specific(reader, 0)? {
                Some(version) => u8::from_der(version)?,
                None => 0,
            };
            let serial_number: IntRef<'_> = reader.decode()?;
            let signature = reader.tlv_bytes()?;
            let issuer = reader.tlv_bytes()?;
            let times = reader.sequence(|reader| Ok::<_, der::Error>([reader.decode()?, reader.decode()?]))?;
            let subject = reader.tlv_bytes()?;
            let subject_public_key_info = reader.tlv_bytes()?;
            // issuerUniqueID [1] and subjectUniqueID [2] have been unused since
            // X.509 v3; a certificate with one of them is not read.
            let extensions = context_specific(reader, 3)?;
            let [not_before, not_after] = times;
            let validity = Validity { not_before: decode_time(not_before)?, not_after: decode_time(not_after)? };
            let serial_number = serial_number.as_bytes();
            Ok(Self {
                version,
                serial_number,
                signature,
                issuer,
                times,
                validity,
                subject,
                subject_public_key_info,
                extensions,
            })
        })
    }
}

/// The contents of the next element, if it is `[number] EXPLICIT`.
pub(crate) fn context_specific<'a>(reader: &mut SliceReader<'a>, number: u32) -> der::Result<Option<&'a [u8]>> {
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(number) };
    if reader.is_finished() || Tag::peek(reader)? != tag {
        return Ok(None);
    }
    Ok(Some(AnyRef::decode(reader)?.value()))
}

/// Time (RFC 5280 §4.1.2.5).
pub(crate) fn decode_time(time: AnyRef<'_>) -> der::Result<Timestamp> {
    let since_epoch = match time.tag() {
        Tag::UtcTime => time.decode_as::<UtcTime>()?.to_unix_duration(),
        _ => time.decode_as::<GeneralizedTime>()?.to_unix_duration(),
    };
    let seconds = i64::try_from(since_epoch.as_secs()).map_err(|_| time.tag().value_error())?;
    Ok(Timestamp::from_unix(seconds))
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
            assert_eq!(encode_time(text.parse().unwrap()).unwrap(), encoded.as_bytes());
        }
        assert_eq!(encode_time(Timestamp::from_unix(-1)), Err(NotEncodable));
        assert_eq!(encode_time(Timestamp::from_unix(Timestamp::LAST.as_unix() + 1)), Err(NotEncodable));
        assert_eq!(encode_time(Timestamp::from_unix(i64::MAX)), Err(NotEncodable));
    }
}
