//! The authority: an issuer and the profile of what it signs.

use der::asn1::ObjectIdentifier;

use crate::certificate::Certificate;
use crate::draft::{Bounds, Draft, DraftError, DraftParts};
use crate::extensions::{Extension, crl_distribution_points, insert, key_identifier};
use crate::grant::Grant;
use crate::issuer::Issuer;
use crate::profile::{self, Profile, Purpose};
use crate::public_key::PublicKey;
use crate::request::CertificationRequest;
use crate::time::Timestamp;
use crate::{oid, subject};

/// Drafts certificates and signs them. One configuration is one authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer,
    profile: Profile,
}

impl Authority {
    /// An authority that signs with `issuer` by `profile`.
    pub fn new(issuer: Issuer, profile: Profile) -> Self {
        Self { issuer, profile }
    }

    /// What signs.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// What is signed.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Drafts a first certificate: what `request` asks for, held to `grant`,
    /// in the form of the profile. It has no validity yet.
    pub fn draft(&self, request: &CertificationRequest, grant: Grant, now: Timestamp) -> Result<Draft, DraftError> {
        self.draft_for(Purpose::Tls, request, grant, now)
    }

    /// Drafts the certificate of somebody who signs OCSP answers in the
    /// issuer's place, and nothing else ([`Delegate`](crate::ocsp::Delegate)).
    /// Nobody is ever granted that: it is for the authority itself.
    pub fn draft_responder(
        &self,
        request: &CertificationRequest,
        grant: Grant,
        now: Timestamp,
    ) -> Result<Draft, DraftError> {
        self.draft_for(Purpose::OcspSigning, request, grant, now)
    }

    fn draft_for(
        &self,
        purpose: Purpose,
        request: &CertificationRequest,
        grant: Grant,
        now: Timestamp,
    ) -> Result<Draft, DraftError> {
        let granted = grant.enforce(request)?;
        let names = granted.subject_alt_names;
        if names.len() > self.profile.max_names {
            return Err(DraftError::TooManyNames { limit: self.profile.max_names });
        }
        let key = request.public_key();
        self.check_key(key)?;
        let subject = subject::build(request.subject(), &self.profile.template, granted.common_name.as_deref());
        let issuer = self.issuer.key_identifier();
        let mut extensions = profile::extensions(purpose, key, &names, subject.is_empty(), issuer);
        match purpose {
            Purpose::Tls => {
                extensions.extend(self.profile.distribution_point.as_ref().map(crl_distribution_points));
                extensions.extend(self.profile.authority_information.to_extension());
            }
            Purpose::OcspSigning => extensions.push(profile::no_check_extension()),
        }
        extensions.extend(grant.provisioner.map(|provisioner| provisioner.to_extension()));
        Draft::new(DraftParts {
            purpose,
            subject,
            public_key: key.clone(),
            subject_alt_names: names,
            extensions,
            bounds: self.bounds(now, grant.not_before, grant.not_after),
            previous_duration: None,
            provenance: self.profile.provenance,
        })
    }

    /// Drafts the successor of `previous`, which has been verified to be ours:
    /// the same subject and extensions for the same key, or for the key of
    /// `new_key`. Only authorityKeyIdentifier is of today, and with a new key
    /// subjectKeyIdentifier; what `previous` came of is left out. The validity is left to be set;
    /// [`Draft::previous_duration`] is what to propose.
    pub fn redraft(
        &self,
        previous: &Certificate,
        new_key: Option<&CertificationRequest>,
        now: Timestamp,
    ) -> Result<Draft, DraftError> {
        if previous.is_ca() {
            return Err(DraftError::PreviousIsCa);
        }
        let public_key = match new_key {
            Some(request) => request.public_key().clone(),
            None => PublicKey::try_from(previous.public_key().clone())?,
        };
        self.check_key(&public_key)?;
        let mut extensions = previous.extensions().to_vec();
        let authority_key_identifier = self.issuer.key_identifier().map(key_identifier::authority_key_identifier);
        replace(&mut extensions, oid::AUTHORITY_KEY_IDENTIFIER, authority_key_identifier);
        if new_key.is_some() {
            let identifier = key_identifier::subject_key_identifier(&public_key.subject_key_identifier());
            replace(&mut extensions, oid::SUBJECT_KEY_IDENTIFIER, Some(identifier));
        }
        if let Some(provenance) = self.profile.provenance {
            replace(&mut extensions, provenance, None);
        }
        Draft::new(DraftParts {
            // A responder does not renew what it has: it is given another.
            purpose: Purpose::Tls,
            subject: previous.subject().clone(),
            public_key,
            subject_alt_names: previous.subject_alt_names()?.clone(),
            extensions,
            bounds: self.bounds(now, None, None),
            previous_duration: previous.validity().duration(),
            provenance: self.profile.provenance,
        })
    }

    /// A key has one purpose: those of CAs and provisioners are not certified.
    fn check_key(&self, key: &PublicKey) -> Result<(), DraftError> {
        let is_ca_key = |certificate: &Certificate| certificate.public_key().spki_der() == key.spki_der();
        if self.issuer.chain().iter().any(is_ca_key) || self.profile.refused_keys.contains(key) {
            return Err(DraftError::KeyInUse);
        }
        Ok(())
    }

    fn bounds(&self, now: Timestamp, not_before: Option<Timestamp>, not_after: Option<Timestamp>) -> Bounds {
        Bounds {
            earliest: now.saturating_sub(self.profile.backdate),
            latest: self.issuer.certificate().validity().not_after,
            granted_not_before: not_before,
            granted_not_after: not_after,
        }
    }
}

/// Puts `extension` where the one with this OID is, or takes that out, or adds
/// it in front of the provisioner extension.
fn replace(extensions: &mut Vec<Extension>, oid: ObjectIdentifier, extension: Option<Extension>) {
    match (extensions.iter().position(|old| old.oid == oid), extension) {
        (Some(index), Some(extension)) => {
            if let Some(old) = extensions.get_mut(index) {
                *old = extension;
            }
        }
        (Some(index), None) => drop(extensions.remove(index)),
        (None, Some(extension)) => insert(extensions, extension),
        (None, None) => {}
    }
}
