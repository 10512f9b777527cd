//! Certificates that are signed here, by a CA whose key is in a file.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use authority::{
    Authority, Certificate, CertificationRequest, CommonNameRule, Edit, Grant, Issuer, NameRule, Profile, Signed,
    SubjectAltNames, Timestamp, Validity, keys::PrivateKey, pki,
};
use certs::TimeFlag;
use clap::{Args, ValueEnum};

use crate::{context::Context, files, key_file};

/// How long a leaf is valid when nobody says: a day.
pub(super) const LEAF_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long a CA is valid when nobody says: ten years of 365 days.
pub(super) const CA_LIFETIME: Duration = Duration::from_secs(87_600 * 3600);

/// What a certificate is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum IssuedProfile {
    /// A host or a person, under a CA
    Leaf,
    /// A CA under a root, with no further CA below it
    IntermediateCa,
}

impl IssuedProfile {
    pub(super) const fn lifetime(self) -> Duration {
        match self {
            Self::Leaf => LEAF_LIFETIME,
            Self::IntermediateCa => CA_LIFETIME,
        }
    }
}

/// From when to when the certificate is valid.
#[derive(Args)]
pub(super) struct ValidityFlags {
    /// Start of the validity: a time (RFC 3339), or a duration from now, e.g. -5m; now if left out
    #[arg(long, value_name = "TIME|DURATION")]
    not_before: Option<TimeFlag>,
    /// End of the validity: a time (RFC 3339), or a duration from now, e.g. 24h
    #[arg(long, value_name = "TIME|DURATION")]
    not_after: Option<TimeFlag>,
}

impl ValidityFlags {
    /// What the flags say; without an end it is valid for `lifetime`.
    pub(super) fn validity(&self, now: Timestamp, lifetime: Duration) -> Validity {
        let not_before = self.not_before.map_or(now, |flag| flag.resolve(now));
        let default = not_before.checked_add(lifetime).unwrap_or(Timestamp::LAST);
        Validity { not_before, not_after: self.not_after.map_or(default, |flag| flag.resolve(now)) }
    }
}

/// A CA in two files: its certificate, perhaps with those above it, and its key.
pub(super) struct LocalCa {
    chain: Vec<Certificate>,
    key: PrivateKey,
}

impl LocalCa {
    pub(super) fn read(
        cx: &mut Context,
        certificate: &Path,
        key: &Path,
        password: key_file::Password<'_>,
    ) -> anyhow::Result<Self> {
        let chain =
            chain(&files::read(certificate)?).with_context(|| format!("error reading {}", certificate.display()))?;
        Ok(Self { chain, key: key_file::read(cx, key, password)? })
    }

    /// The certificate for a request, and those above it up to the root, which is left out.
    ///
    /// A request that has no names gets the one it has as its common name: hosts are found by nothing else (RFC 9525).
    pub(super) fn sign(
        self,
        cx: &mut Context,
        profile: IssuedProfile,
        request: &CertificationRequest,
        validity: Validity,
    ) -> anyhow::Result<Vec<Certificate>> {
        match profile {
            IssuedProfile::Leaf => Ok(self.sign_leaf(cx, request, validity)?.chain().cloned().collect()),
            IssuedProfile::IntermediateCa => {
                let issuer = self.chain.first().context("there is no issuing certificate")?;
                let mut signed = vec![pki::sign_intermediate(request, issuer, &self.key, validity)?];
                signed.extend(self.chain.into_iter().filter(|certificate| !certificate.is_self_issued()));
                Ok(signed)
            }
        }
    }

    fn sign_leaf(self, cx: &mut Context, request: &CertificationRequest, validity: Validity) -> anyhow::Result<Signed> {
        let now = cx.now();
        // Whoever has the key of a CA may date a certificate as it likes.
        let backdate = now.duration_since(validity.not_before).unwrap_or_default();
        let profile = Profile { backdate, ..Profile::default() };
        let authority = Authority::new(Issuer::new(self.chain, Box::new(self.key))?, profile);
        let grant = Grant {
            subject: String::new(),
            csr_sha256: None,
            common_name: CommonNameRule::Unrestricted,
            subject_alt_names: NameRule::Exact(names_of(request)?),
            not_before: None,
            not_after: None,
            provisioner: None,
        };
        let mut draft = authority.draft(request, grant, now)?;
        draft.apply(Edit::SetValidity(validity))?;
        for note in draft.notes() {
            cx.output.say(note)?;
        }
        Ok(authority.sign(draft.approve(now)?, pki::random_serial_number()?)?)
    }
}

/// The names of a request, else its common name as one.
pub(super) fn names_of(request: &CertificationRequest) -> anyhow::Result<SubjectAltNames> {
    let names = request.subject_alt_names();
    match request.common_name() {
        Some(common_name) if names.is_empty() => SubjectAltNames::classify(&[common_name])
            .with_context(|| format!("the common name '{common_name}' cannot be the name of a certificate")),
        _ => Ok(names.clone()),
    }
}

/// Every certificate of a PEM text, or the one of a DER file.
pub(super) fn chain(bytes: &[u8]) -> anyhow::Result<Vec<Certificate>> {
    crate::certificates::all(bytes)?.iter().map(|der| Ok(Certificate::from_der(der)?)).collect()
}
