//! cRLDistributionPoints and issuingDistributionPoint (RFC 5280 §4.2.1.13,
//! §5.2.5): where a list is, said by a certificate and by the list itself.

use super::Extension;
use crate::names::Uri;
use crate::{asn1, oid};

/// What a certificate says about the list it would stand in.
pub(crate) fn crl_distribution_points(uri: &Uri) -> Extension {
    let point = asn1::sequence(&[&distribution_point(uri)]);
    Extension::not_critical(oid::CRL_DISTRIBUTION_POINTS, asn1::sequence(&[&point]))
}

/// What a list says about itself. Who does not understand it must not use the
/// list, for it could be one of several.
pub(crate) fn issuing_distribution_point(uri: &Uri) -> Extension {
    Extension::critical(oid::ISSUING_DISTRIBUTION_POINT, asn1::sequence(&[&distribution_point(uri)]))
}

/// `distributionPoint [0]`, a choice, and so explicit; in it `fullName [0]`.
fn distribution_point(uri: &Uri) -> Vec<u8> {
    const URI: u8 = 6;
    let name = asn1::tlv(asn1::context_primitive(URI), &[uri.as_str().as_bytes()]);
    let full_name = asn1::tlv(asn1::context_constructed(0), &[&name]);
    asn1::tlv(asn1::context_constructed(0), &[&full_name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_the_full_name_of_a_point() {
        let uri: Uri = "http://a/b".parse().unwrap();
        let point = "a00ea00c860a687474703a2f2f612f62";
        assert_eq!(hex::encode(issuing_distribution_point(&uri).value), format!("3010{point}"));
        assert_eq!(hex::encode(crl_distribution_points(&uri).value), format!("30123010{point}"));
    }
}
