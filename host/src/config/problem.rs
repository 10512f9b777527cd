//! Everything that can be wrong with a configuration, and everything worth a warning.

use std::time::Duration;

use authority::names::NameError;
use go_duration::GoDuration;

/// What can be wrong at one place. The quoted texts of the Go `step-ca` come first in a message.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The address has no port, or is none.
    #[error("invalid address {0}; write host:port or :port, such as \":9000\"")]
    Address(String),
    /// A module that is built in, in a place for the other kind.
    #[error("`{name}` is a {is}, not a {wanted}")]
    BuiltinKind {
        /// The name as written.
        name: String,
        /// What it is.
        is: &'static str,
        /// What belongs here.
        wanted: &'static str,
    },
    /// Not a name that a certificate can have.
    #[error("{got:?} is not a name that a certificate can have: {why}")]
    CertificateName {
        /// As written.
        got: String,
        /// What is wrong with it.
        why: NameError,
    },
    /// A control character in a text that ends up in certificates.
    #[error("control characters do not belong here")]
    ControlCharacter,
    /// Not a word for what is kept of decisions.
    #[error("unknown word {0:?}; write \"full\" or \"none\"")]
    Decisions(String),
    /// `kms` speaks of a token, and `key` of a file.
    #[error("a key in a token is named in `key` by a URI such as \"pkcs11:object=issuer;id=%01\"; or leave `kms` out")]
    KeyOutsideToken,
    /// The URI of a key in a token.
    #[error(transparent)]
    KeyUri(pkcs11::UriError),
    /// A place for keys that is not known here.
    #[error("unsupported kms.type '{0}'; the key of a pkcs11: URI is in a \"pkcs11\"")]
    KmsType(String),
    /// The longest validity is shorter than the default.
    #[error(
        "claims: MaxCertDuration cannot be less than DefaultCertDuration: \
         MaxCertDuration - {max}, DefaultCertDuration - {default}; set defaultTLSCertDuration as well"
    )]
    ClaimsDefaultAboveMaximum {
        /// What is in force here.
        max: GoDuration,
        /// What is in force here.
        default: GoDuration,
    },
    /// The default validity is shorter than the shortest.
    #[error(
        "claims: DefaultCertDuration cannot be less than MinCertDuration: \
         DefaultCertDuration - {default}, MinCertDuration - {min}; set defaultTLSCertDuration as well"
    )]
    ClaimsDefaultBelowMinimum {
        /// What is in force here.
        default: GoDuration,
        /// What is in force here.
        min: GoDuration,
    },
    /// The longest validity is shorter than the shortest.
    #[error(
        "claims: MaxCertDuration cannot be less than MinCertDuration: \
         MaxCertDuration - {max}, MinCertDuration - {min}; raise the one or lower the other"
    )]
    ClaimsReversed {
        /// What is in force here.
        max: GoDuration,
        /// What is in force here.
        min: GoDuration,
    },
    /// Not a place a list can be fetched from.
    #[error("{0:?} is not a place to fetch a list from; write one such as \"http://crl.example.com/crl\"")]
    DistributionPoint(String),
    /// Certificates and list would name different places, and no client would use the list.
    #[error(
        "the list would say it is at {got}, and certificates that it is at {want}; write the same, or leave one out"
    )]
    OtherDistributionPoint {
        /// Of the list.
        got: String,
        /// Of certificates.
        want: String,
    },
    /// A name cannot be one the CA answers to.
    #[error("{0:?} is neither a DNS name nor an IP address")]
    DnsName(String),
    /// Not a domain whose names a policy may look up.
    #[error("{0:?} is not a domain; write one such as \"example.com\", or \".\" for every name")]
    Domain(String),
    /// Two provisioners that no token could tell apart.
    #[error("a provisioner with this name and this key id stands at {first} already")]
    DoubledProvisioner {
        /// Its path.
        first: String,
    },
    /// Certificates would be dropped from their records while they may still be renewed.
    #[error(
        "certificates may be renewed for {grace} after their end, and would be forgotten {got} after it; \
         write {grace} or more, or lower maxRenewalAfterExpiry"
    )]
    RetentionBelowGrace {
        /// As written.
        got: GoDuration,
        /// The longest that any claims allow.
        grace: GoDuration,
    },
    /// A member that is there twice.
    #[error("the member is there twice, first on line {first}; remove one")]
    Duplicate {
        /// The line of the other.
        first: usize,
    },
    /// Not a span of time.
    #[error("error parsing {0} as duration; write one such as \"24h\", \"1h30m\" or \"90s\"")]
    Duration(String),
    /// A span of time that ends before it begins.
    #[error("{0} is negative")]
    DurationNegative(GoDuration),
    /// Nothing where something is needed.
    #[error("{what} cannot be empty; {right}")]
    Empty {
        /// What it is called in the file.
        what: &'static str,
        /// What would be right.
        right: &'static str,
    },
    /// No JSON at all.
    #[error("the file is empty; `step ca init` writes one")]
    EmptyFile,
    /// Not a SHA-256 digest.
    #[error("not a SHA-256 digest; write the 64 hexadecimal digits that `sha256sum` prints for the file")]
    Digest,
    /// Not a header name (RFC 9110 §5.1).
    #[error("{0:?} is not a header name")]
    HeaderName(String),
    /// A log format that does not exist.
    #[error("unsupported logger.format '{0}'; write text, json or common")]
    LoggerFormat(String),
    /// A monitoring service that does not exist.
    #[error("unsupported monitoring.type '{0}'; leave the member out")]
    MonitoringType(String),
    /// A check whose word counts for some and for none.
    #[error("a shadow has no canary: leave one of the two members out")]
    CanaryInShadow,
    /// None of the cipher suites can be used.
    #[error(
        "none of these cipher suites is safe enough to be supported; name one such as {example}, or leave the member out"
    )]
    NoCipherSuite {
        /// One that is supported.
        example: &'static str,
    },
    /// A number outside its range.
    #[error("{got} is out of range; write a number from {least} to {most}")]
    Number {
        /// As written.
        got: String,
        /// The smallest allowed.
        least: u64,
        /// The largest allowed.
        most: u64,
    },
    /// Not an object identifier.
    #[error("{0:?} is not an object identifier; write one such as \"1.3.6.1.4.1.99999.1\"")]
    ObjectIdentifier(String),
    /// An object identifier with a meaning that is not ours to give.
    #[error(
        "{0} is another's; write an object identifier of your own, below the number that IANA gave to your organization, say"
    )]
    ObjectIdentifierOfAnother(String),
    /// An object identifier that many clients cannot read.
    #[error(
        "{0} has a number of more than 31 bits, and programs in Go refuse certificates with such a one; write another"
    )]
    WideArc(String),
    /// More modules than a certificate has room to name.
    #[error(
        "{got} modules may decide about one certificate, which can name {most}; leave `provenance` out, or some of them"
    )]
    ModulesOfCertificate {
        /// As many as there are for one provisioner.
        got: usize,
        /// The most there may be.
        most: usize,
    },
    /// Not one of a few words.
    #[error("{got:?} is not known here; write one of {known}{}", did_you_mean(.suggestion))]
    OneOf {
        /// As written.
        got: String,
        /// What is known.
        known: &'static str,
        /// The nearest of them.
        suggestion: Option<String>,
    },
    /// Not the address of a server that answers questions to the DNS.
    #[error("{0:?} is not the address of a resolver; write one such as \"192.0.2.53\" or \"[2001:db8::53]:5353\"")]
    Resolver(String),
    /// A path that climbs.
    #[error("{0:?} has a `..` segment; write the path without it")]
    ParentSegment(String),
    /// A name that cannot be given to a policy.
    #[error("{0:?} cannot name a policy; use 1 to 64 letters, digits, `-`, `_` and `.`")]
    PolicyName(String),
    /// A provisioner type without a module of its own.
    #[error(
        "no policy is built in for provisioners of type {0:?}; `policy` must name one of `policies`, or the type be \"JWK\""
    )]
    ProvisionerType(String),
    /// Not a number of octets.
    #[error("{0:?} is not a size; write one such as \"16MiB\" or \"64KiB\"")]
    Size(String),
    /// Not JSON.
    #[error("error parsing: {0}")]
    Syntax(String),
    /// A span of time outside its range.
    #[error("{got} is out of range; write a duration from {least} to {most}")]
    TimeLimit {
        /// As written.
        got: GoDuration,
        /// The shortest allowed.
        least: GoDuration,
        /// The longest allowed.
        most: GoDuration,
    },
    /// The oldest version is newer than the newest.
    #[error("tls minVersion cannot exceed tls maxVersion; {min} is above {max}")]
    TlsReversed {
        /// What is in force.
        min: String,
        /// What is in force.
        max: String,
    },
    /// All allowed versions are unsafe (RFC 9325 §3.1.1).
    #[error("TLS {0} and older are not supported; write 1.2 or 1.3")]
    TlsTooOld(String),
    /// Not a version of TLS.
    #[error("{0} is not a version of TLS; write 1.2 or 1.3")]
    TlsVersion(String),
    /// Deeper than any configuration is.
    #[error("nested deeper than {} levels", crate::limits::JSON_DEPTH)]
    TooDeep,
    /// A key that should vouch for modules is none.
    #[error("not a public key: {0}; write the JSON Web Key that `step crypto jwk create` made for it")]
    TrustedKey(String),
    /// A key that should vouch for modules is the private one, which stays with whoever signs.
    #[error("a private key; write its public half, and keep the private one where modules are signed")]
    TrustedKeyIsPrivate,
    /// `authority` is missing.
    #[error("authority cannot be undefined; it holds the provisioners")]
    UndefinedAuthority,
    /// A name that belongs to no module that is built in.
    #[error("`{name}` is not built in; there are {known}{}", did_you_mean(.suggestion))]
    UnknownBuiltin {
        /// As written.
        name: String,
        /// What there is.
        known: &'static str,
        /// The nearest of them.
        suggestion: Option<String>,
    },
    /// A member nobody reads.
    #[error("unknown member{}", did_you_mean(.suggestion))]
    UnknownMember {
        /// The nearest member that is known here.
        suggestion: Option<String>,
    },
    /// A name that is not in `policies`.
    #[error("no policy of this file is named {name:?}{}", did_you_mean(.suggestion))]
    UnknownPolicy {
        /// As written.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// Not a URL a policy may be granted.
    #[error("{0:?} cannot be granted; write an https URL without user, query and fragment")]
    Url(String),
    /// A value of another type.
    #[error("expected {want}, found {got}")]
    WrongType {
        /// With its article.
        want: &'static str,
        /// With its article.
        got: &'static str,
    },
}

impl Problem {
    pub(super) fn retention(retention: Duration, grace: Duration) -> Self {
        let [got, grace] = [retention, grace].map(|time| GoDuration::try_from(time).unwrap_or(GoDuration::ZERO));
        Self::RetentionBelowGrace { got, grace }
    }

    pub(super) fn syntax(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The place has its own member.
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        Self::Syntax(text.to_owned())
    }
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// What there is to know about a member that is accepted.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum Notice {
    /// A cipher suite that will not be offered.
    #[error("cipher suite {0} is not supported and left out")]
    CipherSuite(String),
    /// A feature of another version.
    #[error("has no effect here: {0}")]
    NoEffect(&'static str),
    /// A module that may be swapped on disk.
    #[error("is not pinned: whoever can write {0:?} decides who gets certificates; set sha256")]
    NotPinned(String),
    /// Whoever reads the configuration can use the key.
    #[error("the PIN of the token stands in this file; write it to a file of its own and name that in pin-source")]
    PinInFile,
    /// Versions older than 1.2 will not be offered (RFC 9325 §3.1.1).
    #[error("TLS {0} is not supported; the oldest offered is 1.2")]
    TlsRaised(String),
    /// Text after the configuration.
    #[error("everything from here on is ignored: the configuration ended before")]
    TrailingText,
    /// A policy nobody asks.
    #[error("no provisioner and no list of checks uses this policy")]
    UnusedPolicy,
}
