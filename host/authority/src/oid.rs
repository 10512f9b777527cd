//! The object identifiers this room knows by name.

use der::asn1::ObjectIdentifier;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

/// subjectKeyIdentifier (RFC 5280 §4.2.1.2).
pub const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.14");
/// keyUsage (RFC 5280 §4.2.1.3).
pub const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
/// subjectAltName (RFC 5280 §4.2.1.6).
pub const SUBJECT_ALT_NAME: ObjectIdentifier = oid("2.5.29.17");
/// issuerAltName (RFC 5280 §4.2.1.7).
pub const ISSUER_ALT_NAME: ObjectIdentifier = oid("2.5.29.18");
/// basicConstraints (RFC 5280 §4.2.1.9).
pub const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
/// cRLNumber (RFC 5280 §5.2.3).
pub const CRL_NUMBER: ObjectIdentifier = oid("2.5.29.20");
/// reasonCode of an entry of a list (RFC 5280 §5.3.1).
pub const CRL_REASON: ObjectIdentifier = oid("2.5.29.21");
/// issuingDistributionPoint (RFC 5280 §5.2.5).
pub const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");
/// nameConstraints (RFC 5280 §4.2.1.10).
pub const NAME_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.30");
/// cRLDistributionPoints (RFC 5280 §4.2.1.13).
pub const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = oid("2.5.29.31");
/// certificatePolicies (RFC 5280 §4.2.1.4).
pub const CERTIFICATE_POLICIES: ObjectIdentifier = oid("2.5.29.32");
/// policyMappings (RFC 5280 §4.2.1.5).
pub const POLICY_MAPPINGS: ObjectIdentifier = oid("2.5.29.33");
/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
pub const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");
/// policyConstraints (RFC 5280 §4.2.1.11).
pub const POLICY_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.36");
/// extKeyUsage (RFC 5280 §4.2.1.12).
pub const EXT_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
/// inhibitAnyPolicy (RFC 5280 §4.2.1.14).
pub const INHIBIT_ANY_POLICY: ObjectIdentifier = oid("2.5.29.54");
/// authorityInfoAccess (RFC 5280 §4.2.2.1).
pub const AUTHORITY_INFO_ACCESS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.1");
/// Which provisioner let a certificate be issued, and by which credential.
pub const STEP_PROVISIONER: ObjectIdentifier = oid("1.3.6.1.4.1.37476.9000.64.1");

/// id-kp-serverAuth (RFC 5280 §4.2.1.12).
pub const SERVER_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.1");
/// id-kp-clientAuth (RFC 5280 §4.2.1.12).
pub const CLIENT_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.2");

/// id-kp-OCSPSigning (RFC 6960 §4.2.2.2).
pub const OCSP_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.9");

/// commonName (RFC 5280 §4.1.2.4).
pub const COMMON_NAME: ObjectIdentifier = oid("2.5.4.3");
/// serialNumber, an attribute of a subject.
pub const SUBJECT_SERIAL_NUMBER: ObjectIdentifier = oid("2.5.4.5");
/// countryName.
pub const COUNTRY: ObjectIdentifier = oid("2.5.4.6");
/// localityName.
pub const LOCALITY: ObjectIdentifier = oid("2.5.4.7");
/// stateOrProvinceName.
pub const PROVINCE: ObjectIdentifier = oid("2.5.4.8");
/// streetAddress.
pub const STREET_ADDRESS: ObjectIdentifier = oid("2.5.4.9");
/// organizationName.
pub const ORGANIZATION: ObjectIdentifier = oid("2.5.4.10");
/// organizationalUnitName.
pub const ORGANIZATIONAL_UNIT: ObjectIdentifier = oid("2.5.4.11");
/// postalCode.
pub const POSTAL_CODE: ObjectIdentifier = oid("2.5.4.17");

/// extensionRequest, an attribute of a certification request (RFC 2985 §5.4.2).
pub(crate) const EXTENSION_REQUEST: ObjectIdentifier = oid("1.2.840.113549.1.9.14");

/// id-ad-ocsp, also id-pkix-ocsp (RFC 5280 §4.2.2.1).
pub(crate) const AD_OCSP: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1");
/// id-ad-caIssuers (RFC 5280 §4.2.2.1).
pub(crate) const AD_CA_ISSUERS: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.2");
/// id-pkix-ocsp-basic (RFC 6960 §4.2.1).
pub(crate) const OCSP_BASIC: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.1");
/// id-pkix-ocsp-nonce (RFC 9654 §2.1).
pub(crate) const OCSP_NONCE: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.2");
/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
pub(crate) const OCSP_NO_CHECK: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.5");

pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
pub(crate) const P256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
pub(crate) const P384: ObjectIdentifier = oid("1.3.132.0.34");
pub(crate) const P521: ObjectIdentifier = oid("1.3.132.0.35");
pub(crate) const ED25519: ObjectIdentifier = oid("1.3.101.112");
pub(crate) const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");

pub(crate) const ECDSA_WITH_SHA256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
pub(crate) const ECDSA_WITH_SHA384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
pub(crate) const ECDSA_WITH_SHA512: ObjectIdentifier = oid("1.2.840.10045.4.3.4");
pub(crate) const SHA256_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
pub(crate) const SHA384_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
pub(crate) const SHA512_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
pub(crate) const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
pub(crate) const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
pub(crate) const SHA1: ObjectIdentifier = oid("1.3.14.3.2.26");
pub(crate) const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
