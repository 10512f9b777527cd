//! `crl`, `ocsp` and `authorityInfoAccess`: how others learn that a certificate is revoked, and whose it is.

use std::time::Duration;

use authority::{AuthorityInformation, names::Uri};

use super::{
    error::Problems,
    policy_limits,
    problem::{Notice, Problem},
    reader::{Field, Object},
    suggest::nearest,
};

/// The `crl` object, when it is enabled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlConfig {
    /// How long a list may be used (`cacheDuration`, 24 h by default).
    pub validity: Duration,
    /// How old a list is when the next is made (`renewPeriod`, two thirds of that by default).
    pub renew_period: Duration,
    /// Where new certificates say the list is (`distributionPoint`).
    pub distribution_point: Option<Uri>,
    /// Where the list says it is itself (`idpURL`); only certificates that say the same can be checked with it.
    pub issuing_distribution_point: Option<Uri>,
}

/// The `ocsp` object, when it is enabled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OcspConfig {
    /// Who signs answers (`signing`, the issuing key by default).
    pub signing: OcspSigning,
    /// How long an answer may be used (`cacheDuration`, 1 h by default).
    pub validity: Duration,
}

/// Who signs OCSP answers (RFC 6960 §4.2.2.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OcspSigning {
    /// The issuing key.
    #[default]
    Direct,
    /// A key in memory with a certificate that lives short.
    Delegated,
}

const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Reads the `crl` object; nothing when it is not enabled.
pub(super) fn crl(field: &Field<'_>, problems: &mut Problems) -> Option<Option<CrlConfig>> {
    let mut object = field.object(problems)?;
    let enabled = flag(&mut object, "enabled", problems)?;
    let validity = match object.take("cacheDuration") {
        Some(field) => policy_limits::time(&field, SHORTEST, LONGEST, problems),
        None => Some(Duration::from_secs(24 * 60 * 60)),
    };
    let renew_period = match (object.take("renewPeriod"), validity) {
        (Some(field), validity) => policy_limits::time(&field, SHORTEST, validity.unwrap_or(LONGEST), problems),
        (None, Some(validity)) => Some(validity / 3 * 2),
        (None, None) => None,
    };
    let distribution_point = object.take("distributionPoint").map(|field| uri(&field, problems));
    // Upstream writes an empty one.
    let issuing_field = object.take("idpURL").filter(|field| field.node.text != "\"\"");
    let issuing_distribution_point = issuing_field.as_ref().map(|field| uri(field, problems));
    if let (Some(field), Some(Some(point)), Some(Some(issuing))) =
        (issuing_field, &distribution_point, &issuing_distribution_point)
        && point != issuing
    {
        field.refuse::<()>(
            Problem::OtherDistributionPoint { got: issuing.to_string(), want: point.to_string() },
            problems,
        );
    }
    if let Some(field) = object.take("generateOnRevoke")
        && field.bool(problems) == Some(false)
    {
        field.warn(Notice::NoEffect("a revocation is always followed by a new list"), problems);
    }
    object.finish(problems);
    let config = CrlConfig {
        validity: validity?,
        renew_period: renew_period?,
        distribution_point: optional(distribution_point)?,
        issuing_distribution_point: optional(issuing_distribution_point)?,
    };
    Some(enabled.then_some(config))
}

/// Reads the `ocsp` object; nothing when it is not enabled.
pub(super) fn ocsp(field: &Field<'_>, problems: &mut Problems) -> Option<Option<OcspConfig>> {
    let mut object = field.object(problems)?;
    let enabled = flag(&mut object, "enabled", problems)?;
    let validity = match object.take("cacheDuration") {
        Some(field) => policy_limits::time(&field, SHORTEST, LONGEST, problems),
        None => Some(Duration::from_secs(60 * 60)),
    };
    let signing = object.take("signing").map_or(Some(OcspSigning::default()), |field| signing(&field, problems));
    object.finish(problems);
    let config = OcspConfig { signing: signing?, validity: validity? };
    Some(enabled.then_some(config))
}

fn signing(field: &Field<'_>, problems: &mut Problems) -> Option<OcspSigning> {
    match field.string(problems)? {
        "direct" => Some(OcspSigning::Direct),
        "delegated" => Some(OcspSigning::Delegated),
        other => {
            let suggestion = nearest(other, ["direct", "delegated"]);
            field.refuse(Problem::OneOf { got: other.to_owned(), known: "direct, delegated", suggestion }, problems)
        }
    }
}

/// Reads the `authorityInfoAccess` object: what new certificates say about their issuer.
pub(super) fn authority_information(field: &Field<'_>, problems: &mut Problems) -> Option<AuthorityInformation> {
    let mut object = field.object(problems)?;
    let ca_issuers = object.take("caIssuers").map(|field| uri(&field, problems));
    let ocsp = object.take("ocsp").map(|field| uri(&field, problems));
    object.finish(problems);
    Some(AuthorityInformation { ca_issuers: optional(ca_issuers)?, ocsp: optional(ocsp)? })
}

fn flag(object: &mut Object<'_>, name: &'static str, problems: &mut Problems) -> Option<bool> {
    object.take(name).map_or(Some(false), |field| field.bool(problems))
}

/// Anything but what was refused: a member that is left out is nothing.
fn optional<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    read.map_or(Some(None), |value| value.map(Some))
}

/// RFC 5280 §4.2.1.13 knows http, ftp and ldap. With https a client may need the list to fetch the list; who writes it
/// knows the clients.
fn uri(field: &Field<'_>, problems: &mut Problems) -> Option<Uri> {
    let text = field.string(problems)?;
    match text.parse::<Uri>() {
        Ok(uri) if uri.as_str().starts_with("http://") || uri.as_str().starts_with("https://") => Some(uri),
        _ => field.refuse(Problem::DistributionPoint(text.to_owned()), problems),
    }
}
