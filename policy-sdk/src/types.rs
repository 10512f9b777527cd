//! The types both kinds of policy share, and the way to write a refusal.

pub use crate::bindings::pure::step::policy::types::{
    Attribute, CertificateInfo, ConfigError, Context, CsrInfo, Denial, DenialKind, Der, DistinguishedName, Duration,
    Extension, Identity, Json, KeyType, KeyUsage, Oid, Operation, PublicKeyInfo, Reason, RequestedValidity,
    SubjectAltNames, Timestamp, Validity,
};

/// A refusal says which rule was broken, where, and what would be right:
///
/// ```
/// use policy_sdk::types::Denial;
///
/// let denial = Denial::forbidden("key-strength.rsa", "RSA keys need 3072 bits here")
///     .field("csr.public-key")
///     .got("2048 bits")
///     .want("3072 bits or more")
///     .hint("step ca certificate --kty EC");
/// assert_eq!(denial.reasons[0].rule, "key-strength.rsa");
/// ```
impl Denial {
    /// A refusal of this kind because of one rule: its stable identifier, `<policy>.<rule>`, and a sentence for the
    /// person who is refused.
    pub fn new(kind: DenialKind, rule: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, reasons: vec![Reason::new(rule, &message)], message, public_message: None, details: vec![] }
    }

    /// 400: the request cannot be right, whoever sends it. The client sees why.
    pub fn bad_request(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(DenialKind::BadRequest, rule, message)
    }

    /// 401: the credential is not good. Only the log says why; the client sees a fixed text.
    pub fn unauthorized(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(DenialKind::Unauthorized, rule, message)
    }

    /// 403: the credential is good, what it is used for is not allowed. The client sees why.
    pub fn forbidden(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(DenialKind::Forbidden, rule, message)
    }

    /// 501: the operation is not offered.
    pub fn not_implemented(rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(DenialKind::NotImplemented, rule, message)
    }

    /// Names one more broken rule, which `field`, `got`, `want` and `hint` then speak of. The host keeps 16.
    pub fn because(mut self, rule: impl Into<String>, message: impl Into<String>) -> Self {
        self.reasons.push(Reason::new(rule, &message.into()));
        self
    }

    /// What the rule looked at, e.g. `csr.subject.common-name`.
    pub fn field(self, field: impl Into<String>) -> Self {
        self.with(|reason| reason.field = Some(field.into()))
    }

    /// What was found there.
    pub fn got(self, got: impl Into<String>) -> Self {
        self.with(|reason| reason.got = Some(got.into()))
    }

    /// What would have been accepted.
    pub fn want(self, want: impl Into<String>) -> Self {
        self.with(|reason| reason.want = Some(want.into()))
    }

    /// What to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        self.with(|reason| reason.hint = Some(hint.into()))
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

    fn with(mut self, change: impl FnOnce(&mut Reason)) -> Self {
        if let Some(reason) = self.reasons.last_mut() {
            change(reason);
        }
        self
    }
}

impl Reason {
    fn new(rule: impl Into<String>, message: &str) -> Self {
        Self { rule: rule.into(), message: message.to_owned(), field: None, got: None, want: None, hint: None }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_said_of_the_rule_named_last() {
        let denial = Denial::forbidden("a.one", "first").got("1").because("a.two", "second").got("2").want("3");
        let seen: Vec<_> =
            denial.reasons.iter().map(|r| (r.rule.as_str(), r.got.as_deref(), r.want.as_deref())).collect();
        assert_eq!(seen, [("a.one", Some("1"), None), ("a.two", Some("2"), Some("3"))]);
        assert_eq!(denial.message, "first");
    }
}
