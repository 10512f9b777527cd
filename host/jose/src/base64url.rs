//! Base64url without padding (RFC 7515 §2), one text a value.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use crate::JoseError;

/// Trailing bits have to be zero (RFC 4648 §3.5): otherwise one token has several spellings.
const STRICT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    STRICT.encode(octets)
}

pub(crate) fn encode_into(octets: &[u8], text: &mut String) {
    STRICT.encode_string(octets, text);
}

/// Decodes; `what` names the part in the error.
pub(crate) fn decode(what: &'static str, text: &str) -> Result<Vec<u8>, JoseError> {
    STRICT.decode(text).map_err(|_| JoseError::Base64url(what))
}

/// Decodes a secret.
pub(crate) fn decode_secret(what: &'static str, text: &str) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    decode(what, text).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_value_has_one_spelling() {
        assert_eq!(decode("x", "Zg").unwrap(), b"f");
        for other in ["Zg==", "Zg=", "Zh", " Zg", "Zg\n", "Z g", "Z", "Z+", "Z/", "é"] {
            assert!(matches!(decode("x", other), Err(JoseError::Base64url("x"))), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_text(text in "[A-Za-z0-9_-]{0,40}") {
            if let Ok(octets) = decode("x", &text) {
                prop_assert_eq!(encode(octets), text);
            }
        }
    }
}
