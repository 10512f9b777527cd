//! A question as it is asked: parameters of a URL, which the flags of a command become, too.

use authority::{SerialNumberError, Timestamp, TimestampError};
use hex::FromHexError;
use thiserror::Error;

use crate::{
    limits,
    store::{CertificateQuery, NameCondition, Page, Standing},
};

/// A question, and how its answer is to be cut.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// Which certificates.
    pub query: CertificateQuery,
    /// Which stretch of them.
    pub page: Page,
    /// Whether the certificates themselves are wanted, too.
    pub with_certificates: bool,
}

/// Certificates in a page when nobody says.
const PAGE: usize = 100;

impl Listing {
    /// Reads the parameters of `GET /admin/certs`.
    ///
    /// # Errors
    /// A parameter that is unknown, there twice, or has a value that cannot be understood. A filter that is not
    /// understood would show more than was asked for.
    pub fn parse<'p>(
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
        now: Timestamp,
    ) -> Result<Self, QueryError> {
        let page = Page { before: None, limit: PAGE };
        let mut listing = Self { query: CertificateQuery::default(), page, with_certificates: false };
        let (mut name, mut is_exact) = (None, false);
        let mut seen: Vec<&str> = Vec::new();
        for (parameter, value) in parameters {
            if seen.contains(&parameter) {
                return Err(QueryError::Twice(parameter.to_owned()));
            }
            seen.push(parameter);
            let query = &mut listing.query;
            match parameter {
                "name" => name = Some(value.to_owned()),
                "exact" => is_exact = flag("exact", value)?,
                "serial" => query.serial_number = Some(value.parse().map_err(QueryError::Serial)?),
                "provisioner" => query.provisioner = Some(value.to_owned()),
                "policyDigest" => query.module = Some(value.parse().map_err(QueryError::PolicyDigest)?),
                "expiresBefore" => query.expires_before = Some(time("expiresBefore", value)?),
                "expiresAfter" => query.expires_after = Some(time("expiresAfter", value)?),
                "issuedBefore" => query.issued_before = Some(time("issuedBefore", value)?),
                "issuedSince" => query.issued_since = Some(time("issuedSince", value)?),
                "status" => query.standing = Some(standing(value, now)?),
                "limit" => listing.page.limit = limit(value)?,
                "cursor" if value.is_empty() => {}
                "cursor" => listing.page.before = Some(value.parse().map_err(|_| QueryError::Cursor)?),
                "crt" => listing.with_certificates = flag("crt", value)?,
                other => return Err(QueryError::Unknown(other.to_owned())),
            }
        }
        listing.query.name = match (name, is_exact) {
            (Some(name), true) => Some(NameCondition::Is(name)),
            (Some(name), false) => Some(NameCondition::Contains(name)),
            (None, true) => return Err(QueryError::ExactWithoutName),
            (None, false) => None,
        };
        Ok(listing)
    }
}

fn flag(name: &'static str, value: &str) -> Result<bool, QueryError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(QueryError::Flag { name }),
    }
}

fn time(name: &'static str, value: &str) -> Result<Timestamp, QueryError> {
    value.parse().map_err(|source| QueryError::Time { name, source })
}

fn standing(value: &str, now: Timestamp) -> Result<Standing, QueryError> {
    match value {
        "expired" => Ok(Standing::Expired { now }),
        "live" => Ok(Standing::Live { now }),
        "revoked" => Ok(Standing::Revoked),
        _ => Err(QueryError::Status),
    }
}

fn limit(value: &str) -> Result<usize, QueryError> {
    match value.parse() {
        Ok(limit @ 1..=limits::LISTED) => Ok(limit),
        _ => Err(QueryError::Limit),
    }
}

/// A question that cannot be understood. The texts name parameters and repeat no values, except those that are no
/// parameters.
#[derive(Debug, Error)]
pub enum QueryError {
    /// Not one that was given out.
    #[error("'cursor' is not one of a page")]
    Cursor,
    /// Nothing is to be exact.
    #[error("'exact' without 'name'")]
    ExactWithoutName,
    /// Neither true nor false.
    #[error("'{name}' is neither true nor false")]
    Flag {
        /// The parameter.
        name: &'static str,
    },
    /// Not a number, or out of range.
    #[error("'limit' is not a number from 1 to {}", limits::LISTED)]
    Limit,
    /// Not a SHA-256 value.
    #[error("'policyDigest' is not a SHA-256 value: {0}")]
    PolicyDigest(FromHexError),
    /// Not a serial number.
    #[error("'serial': {0}")]
    Serial(SerialNumberError),
    /// Not one of three words.
    #[error("'status' is none of live, expired and revoked")]
    Status,
    /// Not a time.
    #[error("'{name}': {source}")]
    Time {
        /// The parameter.
        name: &'static str,
        /// What it is not.
        source: TimestampError,
    },
    /// A parameter that is there twice.
    #[error("{0:?} is there twice")]
    Twice(String),
    /// Nothing that can be asked for.
    #[error("there is no parameter {0:?}")]
    Unknown(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn parse(text: &str) -> Result<Listing, QueryError> {
        Listing::parse(text.split('&').filter_map(|pair| pair.split_once('=')), NOW)
    }

    #[test]
    fn every_parameter_narrows_what_is_asked_for() {
        let digest = "ab".repeat(32);
        let text = format!("name=web&exact=true&serial=255&provisioner=ci&policyDigest={digest}&status=live&limit=7");
        let Listing { query, page, with_certificates } = parse(&text).unwrap();
        assert_eq!(query.name, Some(NameCondition::Is("web".to_owned())));
        assert_eq!(query.serial_number.unwrap().to_string(), "255");
        assert_eq!(query.module.unwrap().to_string(), digest);
        assert_eq!(query.standing, Some(Standing::Live { now: NOW }));
        assert_eq!((page, with_certificates), (Page { before: None, limit: 7 }, false));
        let listing = parse("expiresBefore=1970-01-01T00:00:10Z&cursor=12&crt=true").unwrap();
        assert_eq!(listing.query.expires_before, Some(Timestamp::from_unix(10)));
        assert_eq!((listing.page.before, listing.with_certificates), (Some(12), true));
        assert_eq!(parse("").unwrap().query, CertificateQuery::default());
    }

    #[test]
    fn what_is_not_understood_is_never_left_out() {
        for text in [
            "nmae=web",
            "name=a&name=b",
            "exact=true",
            "name=a&exact=1",
            "serial=ff",
            "policyDigest=ab",
            "expiresAfter=tomorrow",
            "status=valid",
            "limit=0",
            "limit=201",
            "cursor=-1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
