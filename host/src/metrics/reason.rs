//! Why something was not done, in one word of a short list.

/// What a request that was not granted is counted under.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The request cannot be right, whoever sends it.
    Request,
    /// The token cannot be looked at, or names nobody.
    Credential,
    /// The client certificate is not good.
    Certificate,
    /// It was good once.
    Replay,
    /// What it is about is revoked.
    Revoked,
    /// The credential is about another certificate.
    AnotherCertificate,
    /// There is no such certificate.
    NotOnRecord,
    /// A policy said no.
    Policy,
    /// A policy failed.
    PolicyFault,
    /// The core does not sign this.
    Draft,
    /// The core does not sign for this key.
    Key,
    /// The clock is not to be believed.
    Clock,
    /// The issuing key did not sign, or not what was approved.
    Sign,
    /// It could not be recorded.
    Store,
}

impl Reason {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Credential => "credential",
            Self::Certificate => "certificate",
            Self::Replay => "replay",
            Self::Revoked => "revoked",
            Self::AnotherCertificate => "another_certificate",
            Self::NotOnRecord => "not_on_record",
            Self::Policy => "policy",
            Self::PolicyFault => "policy_fault",
            Self::Draft => "draft",
            Self::Key => "key",
            Self::Clock => "clock",
            Self::Sign => "sign",
            Self::Store => "store",
        }
    }
}
