//! Claims: how long certificates may live and whether they may be renewed.

use std::time::Duration;

use go_duration::GoDuration;
use serde::Serialize;

use super::{
    error::Problems,
    policy_limits,
    problem::{Notice, Problem},
    reader::{Field, Object},
};

/// A `claims` object as the file has it, in the order in which upstream writes its members.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// The shortest validity a client may ask for.
    #[serde(rename = "minTLSCertDuration", skip_serializing_if = "Option::is_none")]
    pub min_tls_cert_duration: Option<GoDuration>,
    /// The longest validity a client may ask for.
    #[serde(rename = "maxTLSCertDuration", skip_serializing_if = "Option::is_none")]
    pub max_tls_cert_duration: Option<GoDuration>,
    /// The validity when the client asks for none.
    #[serde(rename = "defaultTLSCertDuration", skip_serializing_if = "Option::is_none")]
    pub default_tls_cert_duration: Option<GoDuration>,
    /// Members about SSH certificates; nothing reads them, `/provisioners` shows them.
    #[serde(flatten)]
    pub ssh: SshClaims,
    /// Whether certificates of this provisioner are never renewed; `false` overrides a global `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_renewal: Option<bool>,
    /// Whether an expired certificate may be renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_renewal_after_expiry: Option<bool>,
    /// For how long after its end, if at all; 30 days when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_renewal_after_expiry: Option<GoDuration>,
    /// Whether the provisioner extension is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_smallstep_extensions: Option<bool>,
}

/// The members of `claims` that speak of SSH certificates.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[expect(missing_docs, reason = "upstream's names say it, and nothing here reads them")]
pub struct SshClaims {
    #[serde(rename = "minUserSSHCertDuration", skip_serializing_if = "Option::is_none")]
    pub min_user_duration: Option<GoDuration>,
    #[serde(rename = "maxUserSSHCertDuration", skip_serializing_if = "Option::is_none")]
    pub max_user_duration: Option<GoDuration>,
    #[serde(rename = "defaultUserSSHCertDuration", skip_serializing_if = "Option::is_none")]
    pub default_user_duration: Option<GoDuration>,
    #[serde(rename = "minHostSSHCertDuration", skip_serializing_if = "Option::is_none")]
    pub min_host_duration: Option<GoDuration>,
    #[serde(rename = "maxHostSSHCertDuration", skip_serializing_if = "Option::is_none")]
    pub max_host_duration: Option<GoDuration>,
    #[serde(rename = "defaultHostSSHCertDuration", skip_serializing_if = "Option::is_none")]
    pub default_host_duration: Option<GoDuration>,
    #[serde(rename = "enableSSHCA", skip_serializing_if = "Option::is_none")]
    pub enable_ca: Option<bool>,
}

impl Claims {
    /// What is in force without any claims in the file.
    pub fn built_in() -> Self {
        Self {
            min_tls_cert_duration: Some(GoDuration::from_secs(5 * 60)),
            max_tls_cert_duration: Some(GoDuration::from_secs(24 * 60 * 60)),
            default_tls_cert_duration: Some(GoDuration::from_secs(24 * 60 * 60)),
            disable_renewal: Some(false),
            ..Self::default()
        }
    }

    /// These claims; what they leave out, or set to zero, is taken from `outer`.
    pub fn or(self, outer: &Self) -> Self {
        let outer = outer.clone();
        Self {
            min_tls_cert_duration: unless_zero(self.min_tls_cert_duration).or(outer.min_tls_cert_duration),
            max_tls_cert_duration: unless_zero(self.max_tls_cert_duration).or(outer.max_tls_cert_duration),
            default_tls_cert_duration: unless_zero(self.default_tls_cert_duration).or(outer.default_tls_cert_duration),
            ssh: self.ssh,
            disable_renewal: self.disable_renewal.or(outer.disable_renewal),
            allow_renewal_after_expiry: self.allow_renewal_after_expiry.or(outer.allow_renewal_after_expiry),
            max_renewal_after_expiry: self.max_renewal_after_expiry.or(outer.max_renewal_after_expiry),
            disable_smallstep_extensions: self.disable_smallstep_extensions.or(outer.disable_smallstep_extensions),
        }
    }

    /// For how long after its end a certificate may be renewed: not at all, unless these claims allow it.
    pub fn renewal_grace(&self) -> Duration {
        match self.allow_renewal_after_expiry {
            Some(true) => self.max_renewal_after_expiry.and_then(GoDuration::to_std).unwrap_or(RENEWAL_GRACE),
            Some(false) | None => Duration::ZERO,
        }
    }

    /// As the modules and `/provisioners` get them: one JSON object, durations as Go renders them.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("claims have no keys that are not strings")
    }

    fn warn(&self, field: &Field<'_>, problems: &mut Problems) {
        if self.ssh != SshClaims::default() {
            field.warn(Notice::NoEffect("no SSH certificates are issued"), problems);
        }
        if self.disable_smallstep_extensions == Some(true) {
            field.warn(Notice::NoEffect("every certificate names its provisioner"), problems);
        }
    }

    /// The contradiction of these claims once the gaps are filled from `outer`.
    fn contradiction(&self, outer: &Self) -> Option<Problem> {
        let effective = self.clone().or(outer);
        let min = effective.min_tls_cert_duration?;
        let max = effective.max_tls_cert_duration?;
        let default = effective.default_tls_cert_duration?;
        if max < min {
            return Some(Problem::ClaimsReversed { max, min });
        }
        if default < min {
            return Some(Problem::ClaimsDefaultBelowMinimum { default, min });
        }
        (max < default).then_some(Problem::ClaimsDefaultAboveMaximum { max, default })
    }
}

/// What `allowRenewalAfterExpiry` means by itself: long enough for a machine that was off over the holidays.
const RENEWAL_GRACE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// A key that nobody has used for longer is nobody's.
const LONGEST_RENEWAL_GRACE: Duration = Duration::from_secs(366 * 24 * 60 * 60);

fn unless_zero(duration: Option<GoDuration>) -> Option<GoDuration> {
    duration.filter(|duration| *duration != GoDuration::ZERO)
}

/// Reads a `claims` object and compares its members with each other, gaps filled from `outer`.
///
/// `more` takes the members that only this object has.
pub(super) fn read(
    field: &Field<'_>,
    outer: &Claims,
    problems: &mut Problems,
    more: impl FnOnce(&mut Object<'_>, &mut Problems),
) -> Option<Claims> {
    let mut object = field.object(problems)?;
    let before = problems.errors.len();
    let mut duration = |name| object.take(name).and_then(|field| field.duration(problems));
    let durations = Claims {
        min_tls_cert_duration: duration("minTLSCertDuration"),
        max_tls_cert_duration: duration("maxTLSCertDuration"),
        default_tls_cert_duration: duration("defaultTLSCertDuration"),
        ssh: SshClaims {
            min_user_duration: duration("minUserSSHCertDuration"),
            max_user_duration: duration("maxUserSSHCertDuration"),
            default_user_duration: duration("defaultUserSSHCertDuration"),
            min_host_duration: duration("minHostSSHCertDuration"),
            max_host_duration: duration("maxHostSSHCertDuration"),
            default_host_duration: duration("defaultHostSSHCertDuration"),
            enable_ca: None,
        },
        ..Claims::default()
    };
    let max_renewal_after_expiry = object
        .take("maxRenewalAfterExpiry")
        .and_then(|field| policy_limits::time(&field, Duration::from_secs(1), LONGEST_RENEWAL_GRACE, problems))
        .and_then(|grace| GoDuration::try_from(grace).ok());
    let mut flag = |name| object.take(name).and_then(|field| field.bool(problems));
    let claims = Claims {
        ssh: SshClaims { enable_ca: flag("enableSSHCA"), ..durations.ssh },
        disable_renewal: flag("disableRenewal"),
        allow_renewal_after_expiry: flag("allowRenewalAfterExpiry"),
        max_renewal_after_expiry,
        disable_smallstep_extensions: flag("disableSmallstepExtensions"),
        ..durations
    };
    more(&mut object, problems);
    object.finish(problems);
    claims.warn(field, problems);
    // With a member missing for another reason the comparison would mislead.
    if problems.errors.len() == before
        && let Some(problem) = claims.contradiction(outer)
    {
        return field.refuse(problem, problems);
    }
    Some(claims)
}
