//! The first step of the road: who knocks, and what may they have?
//!
//! A token is handed to the provisioner it names; a certificate of ours is compared with the record and handed to the
//! provisioner that issued it. Both end in an [`Admission`], and from there on the road does not ask which it was.

use crate::{
    audit::Digest,
    call::{Call, Requested},
    credential::{CertificateError, CredentialError, Token},
    decision::Decision,
    issuance::IssueError,
    limits, ocsp,
    policies::{Authorized, Bounds, Checks, CredentialUse, History, Provisioner, Question, Stop},
    presented::Presented,
    renewal_token::RenewalToken,
    snapshot::Snapshot,
    store::{CertificateRecord, Issuance, SingleUse},
};
use api_types::RequestedTime;
use authority::{
    Certificate, CertificationRequest, CommonNameRule, Draft, DraftError, Edit, Grant, NameRule, Signed, Timestamp,
    Validity,
};
use policy_runtime::contract::types::{Identity, Operation};
use std::time::Duration;

/// A way to knock.
#[derive(Clone, Copy)]
pub enum Knock<'a> {
    /// `POST /sign`: a token and a certification request.
    Sign(&'a SignRequest),
    /// `POST /renew`: the certificate itself.
    Renew(RenewCredential<'a>),
    /// `POST /rekey`: the same, and a certification request with the new key.
    Rekey(&'a RekeyRequest<'a>),
    /// The CA itself, for its listener: nobody can send this.
    Own(&'a OwnRequest),
    /// The CA itself, for whoever signs its OCSP answers: nobody can send this either.
    Responder(&'a OwnRequest),
}

/// How a certificate asks to be issued again.
#[derive(Clone, Copy)]
pub enum RenewCredential<'a> {
    /// In the handshake, with whatever the TLS client sent along to verify it, in DER.
    Certificate(&'a [&'a [u8]]),
    /// In a token that its key has signed.
    Token(&'a str),
}

/// What a client sends for its first certificate. It has no `Debug`: the token is a secret until it is spent.
pub struct SignRequest {
    /// The certification request in PEM.
    pub csr: String,
    /// The token.
    pub token: String,
    /// The start it asks for.
    pub not_before: RequestedTime,
    /// The end it asks for; a span counts from the start.
    pub not_after: RequestedTime,
    /// JSON for the provisioner's module.
    pub template_data: Option<String>,
}

/// What a client sends for the same certificate with another key.
#[derive(Clone, Copy, Debug)]
pub struct RekeyRequest<'a> {
    /// The certification request in PEM. Only its key counts.
    pub csr: &'a str,
    /// The certificate of the TLS client, and whatever it sent along to verify it, in DER.
    pub chain: &'a [&'a [u8]],
}

/// What the CA asks of itself: a certificate for the names in its configuration.
pub struct OwnRequest {
    /// For a fresh key of its own.
    pub request: CertificationRequest,
}

impl Knock<'_> {
    /// What the client is trying to do.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Sign(_) | Self::Own(_) | Self::Responder(_) => Operation::Sign,
            Self::Renew(_) => Operation::Renew,
            Self::Rekey(_) => Operation::Rekey,
        }
    }

    /// Whether somebody asks: what the CA does for itself is nobody's request.
    pub fn is_asked(&self) -> bool {
        !matches!(self, Self::Own(_) | Self::Responder(_))
    }
}

/// A client that was let in, with what it may have.
pub struct Admission<'a> {
    operation: Operation,
    provisioner: Option<&'a Provisioner>,
    identity: Identity,
    basis: Basis,
    requested: Requested,
    bounds: Bounds,
    spend: Option<SingleUse>,
    history: History,
}

/// What a first certificate is for. Nobody but the CA asks for anything but TLS.
#[derive(Clone, Copy)]
enum Purpose {
    Tls,
    OcspSigning,
}

/// What the certificate is made from.
enum Basis {
    Request {
        request: CertificationRequest,
        grant: Grant,
        purpose: Purpose,
    },
    /// With the key of the request, when there is one.
    Previous {
        previous: Certificate,
        request: Option<CertificationRequest>,
    },
}

impl<'a> Admission<'a> {
    /// Opens the door, or says why not.
    pub async fn of(
        ca: &'a Snapshot,
        call: &Call,
        knock: Knock<'_>,
        decision: &mut Decision,
    ) -> Result<Self, IssueError> {
        match knock {
            Knock::Sign(ask) => Self::by_token(ca, call, ask, decision).await,
            Knock::Renew(RenewCredential::Certificate(chain)) => {
                Self::by_certificate(ca, call, chain, None, None, decision).await
            }
            Knock::Renew(RenewCredential::Token(token)) => Self::by_renewal_token(ca, call, token, decision).await,
            Knock::Rekey(ask) => {
                let request = CertificationRequest::from_pem(ask.csr)?;
                Self::by_certificate(ca, call, ask.chain, Some(request), None, decision).await
            }
            Knock::Own(ask) => Ok(Self::own(ca, ask, &ca.own_names.common_name, Purpose::Tls, decision)),
            Knock::Responder(ask) => Ok(Self::own(ca, ask, ocsp::COMMON_NAME, Purpose::OcspSigning, decision)),
        }
    }

    async fn by_token(
        ca: &'a Snapshot,
        call: &Call,
        ask: &SignRequest,
        decision: &mut Decision,
    ) -> Result<Self, IssueError> {
        let requested = Requested::resolve(ask.not_before, ask.not_after, call.now)?;
        let request = CertificationRequest::from_pem(&ask.csr)?;
        let token = Token::parse(&ask.token)?;
        let provisioner = ca.policies.of_token(&token).ok_or_else(|| nobody::<IssueError>(ca, &token))?;
        decision.provisioner(provisioner.name(), None);
        decision.modules([provisioner.digest()]);
        if !ca.vouches_for(token.jwt()) {
            return Err(CredentialError::BeforeRestore.into());
        }
        let template_data = ask.template_data.clone();
        let authorized = provisioner.authorize_sign(call, &token, &request, requested, template_data).await?;
        let Authorized { identity, grant, bounds, spend } = authorized;
        let spend = spend.map(|spend| spend.single_use(&provisioner.identity()));
        decision.provisioner(provisioner.name(), spend.map(|spend| spend.id));
        decision.modules(provisioner.checks().digests(Operation::Sign, &identity.subject));
        decision.subject(&identity.subject);
        // Not before: what a stranger asks for is not worth a place in the log.
        decision.names(request.subject_alt_names().iter());
        Ok(Self {
            operation: Operation::Sign,
            provisioner: Some(provisioner),
            identity,
            basis: Basis::Request { request, grant, purpose: Purpose::Tls },
            requested,
            bounds,
            spend,
            history: History::default(),
        })
    }

    /// The holder of the certificate has signed for it; from there on it is a certificate like any other, but for the
    /// token that is spent.
    async fn by_renewal_token(
        ca: &'a Snapshot,
        call: &Call,
        token: &str,
        decision: &mut Decision,
    ) -> Result<Self, IssueError> {
        let token = RenewalToken::parse(token)?;
        let spend = token.verify(&ca.renewal_audiences, call.now)?.single_use();
        if !ca.vouches_for(Some(token.jwt())) {
            return Err(CredentialError::BeforeRestore.into());
        }
        Self::by_certificate(ca, call, &token.chain(), None, Some(spend), decision).await
    }

    async fn by_certificate(
        ca: &'a Snapshot,
        call: &Call,
        chain: &[&[u8]],
        request: Option<CertificationRequest>,
        spend: Option<SingleUse>,
        decision: &mut Decision,
    ) -> Result<Self, IssueError> {
        let operation = if request.is_some() { Operation::Rekey } else { Operation::Renew };
        let presented = Presented::of::<IssueError>(ca, call, operation, chain, decision).await?;
        presented.is_not_revoked::<IssueError>(ca).await?;
        presented.is_not_barred::<IssueError>(ca).await?;
        let Presented { leaf, history } = presented;
        let named = leaf.provisioner_extension().map_err(CertificateError::Extension)?;
        let provisioner = match &named {
            None => None,
            Some(extension) => {
                let gone = || match ca.policies.broken(&extension.name) {
                    Some(stop) => IssueError::Policy(stop),
                    None => CertificateError::ProvisionerGone { name: extension.name.clone() }.into(),
                };
                let found = ca.policies.of_certificate(extension).ok_or_else(gone)?;
                decision.provisioner(found.name(), spend.map(|spend| spend.id));
                decision.modules([found.digest()]);
                Some(found)
            }
        };
        let identity = match provisioner {
            Some(provisioner) => provisioner.authorize_renew(call, operation, &leaf, history).await?,
            // A certificate of a CA that did not name its provisioner: upstream renews those, and so do we.
            None => unnamed(leaf.subject().common_name().unwrap_or_default()),
        };
        let checks = provisioner.map_or_else(|| ca.policies.own_checks(), Provisioner::checks);
        decision.modules(checks.digests(operation, &identity.subject));
        decision.subject(&identity.subject);
        Ok(Self {
            operation,
            provisioner,
            identity,
            basis: Basis::Previous { previous: leaf, request },
            requested: Requested::default(),
            bounds: Bounds::default(),
            spend,
            history,
        })
    }

    fn own(ca: &'a Snapshot, ask: &OwnRequest, common_name: &str, purpose: Purpose, decision: &mut Decision) -> Self {
        decision.modules(ca.policies.own_checks().digests(Operation::Sign, common_name));
        decision.subject(common_name);
        Self {
            operation: Operation::Sign,
            provisioner: None,
            identity: unnamed(common_name),
            basis: Basis::Request {
                request: ask.request.clone(),
                grant: Grant {
                    subject: common_name.to_owned(),
                    csr_sha256: None,
                    common_name: CommonNameRule::OneOf(vec![common_name.to_owned()]),
                    subject_alt_names: NameRule::Exact(ca.own_names.subject_alt_names.clone()),
                    not_before: None,
                    not_after: None,
                    provisioner: None,
                },
                purpose,
            },
            requested: Requested::default(),
            bounds: Bounds::default(),
            spend: None,
            history: History::default(),
        }
    }

    /// What would be signed, before any check has seen it.
    pub fn draft(&self, ca: &Snapshot, now: Timestamp) -> Result<Draft, IssueError> {
        match &self.basis {
            Basis::Request { request, grant, purpose } => Ok(match purpose {
                Purpose::Tls => ca.authority.draft(request, grant.clone(), now)?,
                Purpose::OcspSigning => ca.authority.draft_responder(request, grant.clone(), now)?,
            }),
            Basis::Previous { previous, request } => {
                let redrafted = ca.authority.redraft(previous, request.as_ref(), now);
                let mut draft = redrafted.map_err(|error| self.not_drafted(error))?;
                // As long as the old one, from now on: the checks may shorten it.
                let old = previous.validity();
                let length = old.not_after.duration_since(old.not_before).unwrap_or(Duration::ZERO);
                let not_before = now.saturating_sub(ca.backdate);
                if let Some(not_after) = not_before.checked_add(length) {
                    draft.apply(Edit::SetValidity(Validity { not_before, not_after }))?;
                }
                Ok(draft)
            }
        }
    }

    /// What it means that the core refuses the draft: of a first certificate, or of one that was issued once.
    pub fn not_drafted(&self, error: DraftError) -> IssueError {
        match self.basis {
            // The key that replaces another is the request's, and judged as that of a first one.
            Basis::Previous { request: Some(_), .. } if error == DraftError::KeyInUse => IssueError::Draft(error),
            Basis::Request { .. } => IssueError::Draft(error),
            Basis::Previous { .. } => IssueError::Renewal(error),
        }
    }

    /// The checks that look at the draft.
    pub fn checks(&self, ca: &'a Snapshot) -> Checks<'a> {
        self.provisioner.map_or_else(|| ca.policies.own_checks(), Provisioner::checks)
    }

    /// What the checks are told besides the draft.
    pub fn question(&self) -> Question<'_> {
        let (request, previous) = match &self.basis {
            Basis::Request { request, .. } => (Some(request), None),
            Basis::Previous { previous, request } => (request.as_ref(), Some(previous)),
        };
        Question {
            operation: self.operation,
            identity: self.identity.clone(),
            requested: self.requested,
            bounds: self.bounds,
            request,
            previous,
        }
    }

    /// What the store is to do about it: all of it or nothing.
    pub fn issuance(self, signed: &Signed, decision: &Decision) -> Issuance {
        let certificate = signed.certificate();
        let provisioner = self.provisioner.map(Provisioner::name).unwrap_or_default();
        let (previous, renewals) = match &self.basis {
            Basis::Request { .. } => (None, 0),
            Basis::Previous { previous, .. } => {
                (Some(*previous.serial_number()), self.history.renewals.saturating_add(1))
            }
        };
        let validity = certificate.validity();
        let names = certificate.subject_alt_names().map(|names| names.iter().collect()).unwrap_or_default();
        let entry = decision.issued();
        let key = Digest::of(&[certificate.public_key().spki_der()]);
        let certificate = CertificateRecord {
            serial_number: *certificate.serial_number(),
            der: certificate.der().to_vec(),
            provisioner: provisioner.to_owned(),
            credential_id: self.identity.credential_id,
            subject: self.identity.subject,
            names,
            validity,
            operation: entry.operation,
            previous,
            first_issued: self.history.first_issued.unwrap_or(validity.not_before),
            renewals,
            policies: entry.modules.clone(),
        };
        Issuance::new(self.spend, certificate, key, entry)
    }
}

/// Why nobody answers for a token: its provisioner's module cannot be used, or there is no such provisioner.
pub(crate) fn nobody<E: From<Stop> + From<CredentialError>>(ca: &Snapshot, token: &Token<'_>) -> E {
    let issuer = token.jwt().and_then(|jwt| jwt.claims().iss.as_deref());
    match issuer.and_then(|issuer| ca.policies.broken(issuer)) {
        Some(stop) => stop.into(),
        None => CredentialError::UnknownProvisioner(token.provisioner_id()).into(),
    }
}

/// An identity that no provisioner vouches for.
fn unnamed(subject: &str) -> Identity {
    Identity { subject: subject.to_owned(), credential_id: String::new(), attributes: Vec::new() }
}

impl CredentialUse {
    /// What the store is to spend, of the tokens of this issuer.
    pub(crate) fn single_use(&self, issuer: &str) -> SingleUse {
        let expires = self.expires.checked_add(limits::LEEWAY).unwrap_or(Timestamp::LAST);
        SingleUse { id: Digest::of_credential(issuer, &self.id), expires }
    }
}
