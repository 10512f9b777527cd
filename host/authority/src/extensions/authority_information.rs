//! authorityInfoAccess (RFC 5280 §4.2.2.1): where more is to be had about
//! the issuer of a certificate.

use super::Extension;
use crate::names::Uri;
use crate::{asn1, oid};

/// What new certificates say about where their issuer is to be found. Nothing
/// by default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuthorityInformation {
    /// The issuer's own certificate in DER.
    pub ca_issuers: Option<Uri>,
    /// Its OCSP responder.
    pub ocsp: Option<Uri>,
}

impl AuthorityInformation {
    /// The extension; none when there is nothing to say, for it may not be
    /// empty.
    pub(crate) fn to_extension(&self) -> Option<Extension> {
        const URI: u8 = 6;
        let places = [(oid::AD_OCSP, &self.ocsp), (oid::AD_CA_ISSUERS, &self.ca_issuers)];
        let description = |(method, place): (_, &Option<Uri>)| {
            let location = asn1::tlv(asn1::context_primitive(URI), &[place.as_ref()?.as_str().as_bytes()]);
            Some(asn1::sequence(&[&asn1::object_identifier(&method), &location]))
        };
        let descriptions: Vec<u8> = places.into_iter().filter_map(description).flatten().collect();
        (!descriptions.is_empty())
            .then(|| Extension::not_critical(oid::AUTHORITY_INFO_ACCESS, asn1::sequence(&[&descriptions])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_method_and_no_place_is_no_extension() {
        let uri = |text: &str| Some(text.parse::<Uri>().unwrap());
        let ocsp = "301406082b060105050730018608687474703a2f2f61";
        let issuer = "301606082b06010505073002860a687474703a2f2f612f62";
        let encoded = |information: AuthorityInformation| information.to_extension().map(|it| hex::encode(it.value));
        assert_eq!(encoded(AuthorityInformation::default()), None);
        let only = AuthorityInformation { ocsp: uri("http://a"), ca_issuers: None };
        assert_eq!(encoded(only), Some(format!("3016{ocsp}")));
        let both = AuthorityInformation { ocsp: uri("http://a"), ca_issuers: uri("http://a/b") };
        assert_eq!(encoded(both), Some(format!("302e{ocsp}{issuer}")));
    }
}
