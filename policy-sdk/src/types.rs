//! The types both kinds of policy share, and the way to write a refusal.

pub use crate::bindings::pure::step::policy::types::{
    Attribute, CertificateInfo, ConfigError, Context, CsrInfo, Denial, DenialKind, Der, DistinguishedName, Duration,
    Extension, Identity, Json, KeyType, KeyUsage, Oid, Operation, PublicKeyInfo, Reason, RequestedValidity,
    SubjectAltNames, Timestamp, Validity,
};

/// A refusal says what, where, and what would be right:
///
/// ```
/// use policy_sdk::types::{Denial, Reason};
///
/// let denial = Denial::forbidden("the key is too small").because(
///     Reason::new("key-strength.rsa", "RSA keys need 3072 bits here")
///         .field("csr.public-key")
///         .got("2048 bits")
///         .want("3072 bits or more")
///         .hint("step ca certificate --kty EC"),
/// );
/// assert_eq!(denial.reasons.len(), 1);
/// ```
impl Denial {
    /// A refusal of this kind, in one sentence and so far without reasons.
    pub fn new(kind: DenialKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), reasons: vec![], public_message: None, details: vec![] }
    }

    /// 400: the request cannot be right, whoever sends it. The client sees the message.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(DenialKind::BadRequest, message)
    }

    /// 401: the credential is not good. The message is for the log; the client sees a fixed text.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(DenialKind::Unauthorized, message)
    }

    /// 403: the credential is good, what it is used for is not allowed. The client sees the message.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(DenialKind::Forbidden, message)
    }

    /// 501: the operation is not offered.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(DenialKind::NotImplemented, message)
    }

    /// Adds a broken rule. The host keeps the first 16.
    pub fn because(mut self, reason: Reason) -> Self {
        self.reasons.push(reason);
        self
    }

    /// Shows the client this text, whatever the kind says.
    pub fn public_message(mut self, text: impl Into<String>) -> Self {
        self.public_message = Some(text.into());
        self
    }

    /// Adds a fact to the CA's log, where the client does not see it.
    pub fn detail(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.details.push((name.into(), value.into()));
        self
    }
}

impl Reason {
    /// A broken rule: its stable identifier, `<policy>.<rule>`, and a sentence for the person who is refused.
    pub fn new(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule: rule.into(), message: message.into(), field: None, got: None, want: None, hint: None }
    }

    /// What the rule looked at.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// What was found there.
    pub fn got(mut self, got: impl Into<String>) -> Self {
        self.got = Some(got.into());
        self
    }

    /// What would have been accepted.
    pub fn want(mut self, want: impl Into<String>) -> Self {
        self.want = Some(want.into());
        self
    }

    /// What to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl ConfigError {
    /// A problem at this JSON pointer (RFC 6901) into what `init` was given: what is wrong, and what would be right.
    pub fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: Some(pointer.into()), message: message.into() }
    }
}

/// So that `?` works in `init` on a function that finds one problem.
impl From<ConfigError> for Vec<ConfigError> {
    fn from(error: ConfigError) -> Self {
        vec![error]
    }
}

impl Default for DistinguishedName {
    /// The empty name.
    fn default() -> Self {
        Self { common_name: String::new(), attributes: vec![] }
    }
}

impl Default for RequestedValidity {
    /// Whatever the CA gives.
    fn default() -> Self {
        Self { not_before: None, not_after: None }
    }
}

impl Default for SubjectAltNames {
    /// No name of any kind.
    fn default() -> Self {
        Self { dns_names: vec![], ip_addresses: vec![], email_addresses: vec![], uris: vec![] }
    }
}
