//! What a provisioner allows, and how the core holds a request to it.
//!
//! A grant comes from a policy and is data. It is compared with the request
//! here, by one rule after the other; whatever it says, the rules of
//! [`crate::Draft::approve`] come on top.

use std::fmt;

use thiserror::Error;

use crate::extensions::ProvisionerExtension;
use crate::names::SubjectAltNames;
use crate::names::text::forbidden_character;
use crate::request::CertificationRequest;
use crate::subject::MAX_COMMON_NAME;
use crate::time::Timestamp;

/// A provisioner's positive answer.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Who asks. It becomes the common name of a request without one, if it
    /// is allowed as such.
    pub subject: String,
    /// When given, the SHA-256 the DER of the request must have.
    pub csr_sha256: Option<[u8; 32]>,
    /// Which common names are allowed.
    pub common_name: CommonNameRule,
    /// Which names the certificate gets.
    pub subject_alt_names: NameRule,
    /// The certificate does not start before.
    pub not_before: Option<Timestamp>,
    /// The certificate does not end after.
    pub not_after: Option<Timestamp>,
    /// What the provisioner extension of the certificate says; none for the
    /// authority's own TLS certificate, which no provisioner asked for.
    pub provisioner: Option<ProvisionerExtension>,
}

/// Which common names are allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CommonNameRule {
    /// None, or exactly one of these.
    OneOf(Vec<String>),
    /// Any.
    Unrestricted,
}

/// Which names a certificate gets. An empty set is empty, never "any".
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NameRule {
    /// All of these. For each kind of name the request has either none or
    /// exactly the ones here.
    Exact(SubjectAltNames),
    /// The ones the request has, each of which is one of these.
    Subset(SubjectAltNames),
    /// The ones the request has.
    Unrestricted,
}

/// A request is not what was granted.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum GrantError {
    /// The credential was made for another request.
    #[error("certificate request claim failed - got sha256 {}, want {}", hex::encode(got), hex::encode(want))]
    Request {
        /// SHA-256 of the request.
        got: [u8; 32],
        /// The one granted.
        want: [u8; 32],
    },
    /// The common name is not one of those granted.
    #[error("common name claim failed - got {got}, want {want}")]
    CommonName {
        /// The one asked for.
        got: String,
        /// Those granted.
        want: NameList,
    },
    /// The DNS names are not those granted.
    #[error("DNS names claim failed - got {got}, want {want}")]
    DnsNames {
        /// Those asked for.
        got: NameList,
        /// Those granted.
        want: NameList,
    },
    /// The IP addresses are not those granted.
    #[error("IP addresses claim failed - got {got}, want {want}")]
    IpAddresses {
        /// Those asked for.
        got: NameList,
        /// Those granted.
        want: NameList,
    },
    /// The e-mail addresses are not those granted.
    #[error("email addresses claim failed - got {got}, want {want}")]
    EmailAddresses {
        /// Those asked for.
        got: NameList,
        /// Those granted.
        want: NameList,
    },
    /// The URIs are not those granted.
    #[error("URIs claim failed - got {got}, want {want}")]
    Uris {
        /// Those asked for.
        got: NameList,
        /// Those granted.
        want: NameList,
    },
    /// No name was granted, or none of those granted was asked for.
    #[error("the certificate would have no name")]
    NoNames,
}

/// Names as text, for a message. Displayed with commas; `none` when there are
/// none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NameList(pub Vec<String>);

impl fmt::Display for NameList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { formatter.write_str("none") } else { formatter.write_str(&self.0.join(", ")) }
    }
}

/// What a request gets by a grant.
pub(crate) struct Granted {
    pub(crate) common_name: Option<String>,
    pub(crate) subject_alt_names: SubjectAltNames,
}

impl Grant {
    /// Holds `request` to the grant: its hash, its common name, its names.
    pub(crate) fn enforce(&self, request: &CertificationRequest) -> Result<Granted, GrantError> {
        if let Some(want) = self.csr_sha256 {
            let got = request.sha256();
            if got != want {
                return Err(GrantError::Request { got, want });
            }
        }
        let common_name = self.common_name.enforce(request.common_name(), &self.subject)?;
        let subject_alt_names = self.subject_alt_names.enforce(request.subject_alt_names())?;
        Ok(Granted { common_name, subject_alt_names })
    }
}

impl CommonNameRule {
    fn allows(&self, name: &str) -> bool {
        match self {
            Self::OneOf(names) => names.iter().any(|allowed| allowed == name),
            Self::Unrestricted => true,
        }
    }

    fn enforce(&self, requested: Option<&str>, subject: &str) -> Result<Option<String>, GrantError> {
        match (requested, self) {
            (None, rule) => Ok(Some(subject.to_owned()).filter(|name| rule.allows(name) && is_common_name(name))),
            (Some(name), Self::OneOf(names)) if !self.allows(name) => {
                Err(GrantError::CommonName { got: name.to_owned(), want: NameList(distinct(names)) })
            }
            (Some(name), _) => Ok(Some(name.to_owned())),
        }
    }
}

/// In the order given: the subject of the credential comes first.
fn distinct(names: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    }
    distinct
}

fn is_common_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= MAX_COMMON_NAME && forbidden_character(name).is_none()
}

impl NameRule {
    fn enforce(&self, requested: &SubjectAltNames) -> Result<SubjectAltNames, GrantError> {
        let issued = match self {
            Self::Exact(granted) => {
                compare(requested, granted, |got, want| got.is_empty() || got == want)?;
                granted
            }
            Self::Subset(granted) => {
                compare(requested, granted, |got, want| got.iter().all(|name| want.contains(name)))?;
                requested
            }
            Self::Unrestricted => requested,
        };
        if issued.is_empty() { Err(GrantError::NoNames) } else { Ok(issued.clone()) }
    }
}

/// Compares kind by kind; every kind is looked at, once.
fn compare(
    requested: &SubjectAltNames,
    granted: &SubjectAltNames,
    is_allowed: impl Fn(&[String], &[String]) -> bool,
) -> Result<(), GrantError> {
    type Claim = fn(NameList, NameList) -> GrantError;
    let claims: [(Vec<String>, Vec<String>, Claim); 4] = [
        (texts(requested.dns_names()), texts(granted.dns_names()), |got, want| GrantError::DnsNames { got, want }),
        (texts(requested.ip_addresses()), texts(granted.ip_addresses()), |got, want| GrantError::IpAddresses {
            got,
            want,
        }),
        (texts(requested.email_addresses()), texts(granted.email_addresses()), |got, want| {
            GrantError::EmailAddresses { got, want }
        }),
        (texts(requested.uris()), texts(granted.uris()), |got, want| GrantError::Uris { got, want }),
    ];
    for (got, want, error) in claims {
        if !is_allowed(&got, &want) {
            return Err(error(NameList(got), NameList(want)));
        }
    }
    Ok(())
}

fn texts<T: ToString>(names: &[T]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(names: &[&str]) -> SubjectAltNames {
        SubjectAltNames::classify(names).unwrap()
    }

    fn one_of(names: &[&str]) -> CommonNameRule {
        CommonNameRule::OneOf(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_common_name_is_one_of_those_granted_to_the_letter() {
        let rule = one_of(&["host", "other"]);
        assert_eq!(rule.enforce(Some("other"), "host"), Ok(Some("other".into())));
        let refused = rule.enforce(Some("Host"), "host").unwrap_err();
        assert_eq!(refused.to_string(), "common name claim failed - got Host, want host, other");
        assert_eq!(CommonNameRule::Unrestricted.enforce(Some("any"), "host"), Ok(Some("any".into())));
        let refused = one_of(&[]).enforce(Some("a"), "a").unwrap_err();
        assert_eq!(refused.to_string(), "common name claim failed - got a, want none");
    }

    #[test]
    fn a_request_without_common_name_gets_the_subject_if_that_is_allowed_and_fits() {
        assert_eq!(one_of(&["host"]).enforce(None, "host"), Ok(Some("host".into())));
        assert_eq!(one_of(&["other"]).enforce(None, "host"), Ok(None));
        let (fits, long) = ("x".repeat(64), "x".repeat(65));
        assert_eq!(CommonNameRule::Unrestricted.enforce(None, &fits), Ok(Some(fits.clone())));
        for subject in [&long, "", "a\0b"] {
            assert_eq!(CommonNameRule::Unrestricted.enforce(None, subject), Ok(None));
        }
    }

    #[test]
    fn kinds_the_request_leaves_out_are_filled_from_an_exact_grant() {
        let granted = names(&["a", "b", "10.0.0.1", "u@a", "urn:x"]);
        let rule = NameRule::Exact(granted.clone());
        for requested in [&[][..], &["a", "b"], &["10.0.0.1"], &["b", "a", "urn:x"]] {
            assert_eq!(rule.enforce(&names(requested)), Ok(granted.clone()), "{requested:?}");
        }
    }

    #[test]
    fn a_kind_that_differs_from_an_exact_grant_is_refused_by_name() {
        let rule = NameRule::Exact(names(&["a", "b", "10.0.0.1"]));
        for (requested, message) in [
            (&["a"][..], "DNS names claim failed - got a, want a, b"),
            (&["a", "b", "c"], "DNS names claim failed - got a, b, c, want a, b"),
            (&["10.0.0.2"], "IP addresses claim failed - got 10.0.0.2, want 10.0.0.1"),
            (&["u@a"], "email addresses claim failed - got u@a, want none"),
            (&["urn:x"], "URIs claim failed - got urn:x, want none"),
        ] {
            assert_eq!(rule.enforce(&names(requested)).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_subset_grant_gives_what_was_asked_for_and_no_more() {
        let rule = NameRule::Subset(names(&["a", "b", "10.0.0.1"]));
        assert_eq!(rule.enforce(&names(&["b"])), Ok(names(&["b"])));
        assert!(rule.enforce(&names(&["b", "c"])).is_err());
    }

    #[test]
    fn an_empty_grant_or_request_gives_no_certificate() {
        let nothing = SubjectAltNames::default;
        assert_eq!(NameRule::Exact(nothing()).enforce(&nothing()), Err(GrantError::NoNames));
        assert_eq!(NameRule::Subset(nothing()).enforce(&nothing()), Err(GrantError::NoNames));
        assert_eq!(NameRule::Subset(names(&["a"])).enforce(&nothing()), Err(GrantError::NoNames));
        assert_eq!(NameRule::Unrestricted.enforce(&nothing()), Err(GrantError::NoNames));
        assert!(NameRule::Exact(nothing()).enforce(&names(&["a"])).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn what_is_issued_is_what_was_granted(
            requested in prop::collection::vec(r"[a-c]|10\.0\.0\.[1-3]|[ab]@c|urn:[ab]", 0..5),
            granted in prop::collection::vec(r"[a-c]|10\.0\.0\.[1-3]|[ab]@c|urn:[ab]", 0..5),
        ) {
            let requested = SubjectAltNames::classify(&requested).unwrap();
            let granted = SubjectAltNames::classify(&granted).unwrap();
            if let Ok(issued) = NameRule::Exact(granted.clone()).enforce(&requested) {
                prop_assert_eq!(&issued, &granted);
                prop_assert!(requested.is_subset_of(&issued));
            }
            match NameRule::Subset(granted.clone()).enforce(&requested) {
                Ok(issued) => prop_assert!(issued == requested && issued.is_subset_of(&granted)),
                Err(GrantError::NoNames) => prop_assert!(requested.is_empty()),
                Err(_) => prop_assert!(!requested.is_subset_of(&granted)),
            }
        }
    }
}
