//! What is wrong with a name.

use std::fmt;

use thiserror::Error;

/// How much of a refused name is kept: it may be as long as a request.
const KEPT_CHARACTERS: usize = 256;

/// A name was refused.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{name:?} is not a valid {kind}: {problem}")]
pub struct NameError {
    /// What it should have been.
    pub kind: NameKind,
    /// The name as it was given, cut at 256 characters. It may have any
    /// character in it: escape before showing.
    pub name: String,
    /// Why it is not.
    pub problem: NameProblem,
}

impl NameError {
    pub(crate) fn new(kind: NameKind, name: &str, problem: NameProblem) -> Self {
        Self { kind, name: name.chars().take(KEPT_CHARACTERS).collect(), problem }
    }
}

/// The kinds of name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameKind {
    /// dNSName.
    Dns,
    /// iPAddress.
    IpAddress,
    /// rfc822Name.
    Email,
    /// uniformResourceIdentifier.
    Uri,
    /// A kind of name no certificate of ours carries.
    Other,
}

impl fmt::Display for NameKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Dns => "DNS name",
            Self::IpAddress => "IP address",
            Self::Email => "e-mail address",
            Self::Uri => "URI",
            Self::Other => "subject alternative name",
        })
    }
}

/// What a name breaks.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum NameProblem {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// More octets than the kind of name may have.
    #[error("it is longer than {limit} octets")]
    TooLong {
        /// The most there may be.
        limit: usize,
    },
    /// A character the kind of name does not have.
    #[error("the character {0:?} is not allowed")]
    Character(char),
    /// Two dots in a row, or a dot at an end.
    #[error("it has an empty label")]
    EmptyLabel,
    /// A label of more than 63 octets (RFC 1035 §2.3.4).
    #[error("it has a label longer than 63 octets")]
    LongLabel,
    /// A label that begins or ends with a hyphen (RFC 1123 §2.1).
    #[error("it has a label with a hyphen at an end")]
    EdgeHyphen,
    /// A label with `--` as third and fourth character that is no A-label
    /// (RFC 5890 §2.3.1).
    #[error("it has a reserved label with hyphens at the third and fourth place")]
    ReservedLabel,
    /// An `xn--` label that is not what an IDNA name encodes to.
    #[error("it has an xn-- label that stands for no internationalized name")]
    ALabel,
    /// A last label that is a number: an address is not a DNS name.
    #[error("its last label is a number, as in an IP address")]
    NumericLastLabel,
    /// `*` somewhere else than as the whole first of at least three labels.
    #[error("`*` may only stand alone as the first label, with two labels or more after it")]
    Wildcard,
    /// Not the text or the octets of an address.
    #[error("it is not an IPv4 or IPv6 address in its usual form")]
    Address,
    /// An IPv4 address written as an IPv6 one.
    #[error("it is an IPv4 address in the form of an IPv6 address")]
    MappedAddress,
    /// Not exactly one `@`, or nothing before it.
    #[error("it does not have the form local-part@domain")]
    Mailbox,
    /// No scheme, or not made as RFC 3986 asks.
    #[error("it is not an absolute URI")]
    NotAbsolute,
    /// `user@` before the host.
    #[error("it has user information before the host")]
    UserInformation,
    /// `#` and what follows it.
    #[error("it has a fragment")]
    Fragment,
    /// A port that is no number.
    #[error("its port is not a number")]
    Port,
    /// A kind of name that is not issued, such as `directoryName`.
    #[error("names of the kind {0} are not issued")]
    Unsupported(&'static str),
}
