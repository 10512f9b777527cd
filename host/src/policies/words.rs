//! Our words, the contract's, and the way between them.

use super::{Bounds, CredentialUse, PolicyFault, Provisioner, Question};
use crate::call::{Call, Requested};
use authority::{
    Certificate, CommonNameRule, Draft, Edit, Grant, NameRule, ObjectIdentifier, ProvisionerExtension, SubjectAltNames,
    Timestamp, Validity, names::NameError,
};
use policy_runtime::{
    contract::{
        check::{self, Inputs, Proposal},
        provisioner::{self, SanRule, SignGrant},
        types::{self, Context, Operation},
    },
    words,
};

pub(super) use policy_runtime::words::{certificate, csr};

pub(super) fn context(call: &Call, operation: Operation, client: Option<&Certificate>) -> Context {
    Context {
        request_id: call.request_id.clone(),
        now: call.now.as_unix(),
        operation,
        remote_address: call.peer.map(|address| address.to_string()),
        client_certificate: client.map(|certificate| certificate.der().to_vec()),
        attributes: Vec::new(),
    }
}

pub(super) fn requested(requested: Requested) -> types::RequestedValidity {
    types::RequestedValidity {
        not_before: requested.not_before.map(Timestamp::as_unix),
        not_after: requested.not_after.map(Timestamp::as_unix),
    }
}

pub(super) fn bounds(bounds: &provisioner::ValidityBounds) -> Bounds {
    Bounds {
        default_duration: bounds.default_duration,
        not_before: bounds.not_before.map(Timestamp::from_unix),
        not_after: bounds.not_after.map(Timestamp::from_unix),
    }
}

pub(super) fn credential_use(single: &provisioner::CredentialUse) -> Option<CredentialUse> {
    (1..=256)
        .contains(&single.id.len())
        .then(|| CredentialUse { id: single.id.clone(), expires: Timestamp::from_unix(single.expires) })
}

/// A module's grant as the core enforces it. What it leaves open needs a grant of its own from `ca.json`.
pub(super) fn grant(grant: SignGrant, provisioner: &Provisioner) -> Result<Grant, GrantError> {
    let unrestricted_names = || match provisioner.unrestricted_names {
        true => Ok(()),
        false => Err(GrantError::Fault(PolicyFault::UngrantedNames)),
    };
    let common_name = match grant.common_name {
        provisioner::CommonNameRule::OneOf(names) => CommonNameRule::OneOf(names),
        provisioner::CommonNameRule::Unrestricted => unrestricted_names().map(|()| CommonNameRule::Unrestricted)?,
    };
    let subject_alt_names = match grant.subject_alt_names {
        SanRule::Exact(granted) => NameRule::Exact(names(granted)?),
        SanRule::Subset(granted) => NameRule::Subset(names(granted)?),
        SanRule::Unrestricted => unrestricted_names().map(|()| NameRule::Unrestricted)?,
    };
    let digest = |digest: Vec<u8>| {
        <[u8; 32]>::try_from(digest).map_err(|digest| GrantError::Fault(PolicyFault::BadDigest(digest.len())))
    };
    Ok(Grant {
        subject: grant.identity.subject,
        csr_sha256: grant.csr_sha256.map(digest).transpose()?,
        common_name,
        subject_alt_names,
        not_before: grant.validity.not_before.map(Timestamp::from_unix),
        not_after: grant.validity.not_after.map(Timestamp::from_unix),
        provisioner: Some(ProvisionerExtension {
            kind: provisioner.kind,
            name: provisioner.name.clone(),
            credential_id: grant.identity.credential_id.into_bytes(),
            pairs: grant.extension_pairs,
        }),
    })
}

/// Why a module's grant is not one.
pub(super) enum GrantError {
    /// The credential names something that cannot be certified: the client's doing.
    Names(NameError),
    /// The module's doing.
    Fault(PolicyFault),
}

fn names(granted: types::SubjectAltNames) -> Result<SubjectAltNames, GrantError> {
    let types::SubjectAltNames { dns_names, ip_addresses, email_addresses, uris } = granted;
    SubjectAltNames::from_parts(&dns_names, &ip_addresses, &email_addresses, &uris).map_err(GrantError::Names)
}

/// The question put to checks, without the draft.
pub(super) fn proposal(call: &Call, question: Question<'_>, wants: Inputs) -> Proposal {
    let Question { operation, identity, requested: asked, bounds, request, previous } = question;
    Proposal {
        context: context(call, operation, previous),
        identity,
        requested: requested(asked),
        default_duration: bounds.default_duration,
        not_before_bound: bounds.not_before.map(Timestamp::as_unix),
        not_after_bound: bounds.not_after.map(Timestamp::as_unix),
        draft: nothing(),
        csr: request.filter(|_| wants.contains(Inputs::CSR)).map(csr),
        previous: previous.filter(|_| wants.contains(Inputs::PREVIOUS)).map(certificate),
    }
}

/// Stands where a draft will be.
fn nothing() -> check::Draft {
    check::Draft {
        subject: types::DistinguishedName { common_name: String::new(), attributes: Vec::new() },
        subject_alt_names: words::subject_alt_names(&SubjectAltNames::default()),
        public_key: types::PublicKeyInfo { kind: types::KeyType::Ed25519, spki: Vec::new() },
        validity: None,
        key_usage: types::KeyUsage::empty(),
        ext_key_usage: Vec::new(),
        extensions: Vec::new(),
    }
}

/// A draft as checks see it.
pub(super) fn draft(draft: &Draft, with_extensions: bool) -> check::Draft {
    let validity = |validity: Validity| types::Validity {
        not_before: validity.not_before.as_unix(),
        not_after: validity.not_after.as_unix(),
    };
    check::Draft {
        subject: words::distinguished_name(draft.subject()),
        subject_alt_names: words::subject_alt_names(draft.subject_alt_names()),
        public_key: words::public_key(draft.public_key().info()),
        validity: draft.validity().map(validity),
        key_usage: words::key_usage(draft.key_usage()),
        ext_key_usage: draft.ext_key_usages().iter().map(ToString::to_string).collect(),
        extensions: if with_extensions { draft.extensions().map(words::extension).collect() } else { Vec::new() },
    }
}

/// What a check wants done.
pub(super) enum Change {
    /// To the draft.
    Edit(Edit),
    /// To the audit record: a key and a value.
    Note(String, String),
}

/// A check's edit in the core's words. An extension must be among those `ca.json` lets the check add.
pub(super) fn change(edit: check::Edit, may_add: &[String]) -> Result<Change, PolicyFault> {
    Ok(Change::Edit(match edit {
        check::Edit::Annotate((key, value)) => return Ok(Change::Note(key, value)),
        check::Edit::SetValidity(validity) => Edit::SetValidity(Validity {
            not_before: Timestamp::from_unix(validity.not_before),
            not_after: Timestamp::from_unix(validity.not_after),
        }),
        check::Edit::RemoveSubjectAltName(name) => Edit::RemoveName(name),
        check::Edit::RestrictKeyUsage(usage) => Edit::RestrictKeyUsage(words::key_usage_of(usage)),
        check::Edit::RestrictExtKeyUsage(usages) => {
            Edit::RestrictExtKeyUsage(usages.into_iter().map(object_identifier).collect::<Result<_, _>>()?)
        }
        check::Edit::AddExtension(extension) => {
            if !may_add.contains(&extension.oid) {
                return Err(PolicyFault::UngrantedExtension(extension.oid));
            }
            if extension.critical {
                return Err(PolicyFault::CriticalExtension(extension.oid));
            }
            Edit::AddExtension { oid: object_identifier(extension.oid)?, value: extension.value }
        }
    }))
}

fn object_identifier(text: String) -> Result<ObjectIdentifier, PolicyFault> {
    ObjectIdentifier::new(&text).map_err(|_| PolicyFault::BadObjectIdentifier(text))
}
