//! The claims of a provisioner as flags: how long its certificates live, and whether they are renewed.

use anyhow::Context as _;
use clap::{ArgAction, Args};
use go_duration::GoDuration;
use serde_json::value::to_raw_value;

use crate::{ca_json::Members, error::CommandError};

/// Claims to set. What is not given stays as it is, or as the whole CA has it.
#[derive(Args)]
pub(super) struct ClaimsFlags {
    /// Shortest validity of a certificate, e.g. 5m; 0s for what the whole CA has
    #[arg(long, value_name = "DURATION")]
    x509_min_dur: Option<GoDuration>,
    /// Longest validity of a certificate, e.g. 24h; 0s for what the whole CA has
    #[arg(long, value_name = "DURATION")]
    x509_max_dur: Option<GoDuration>,
    /// Validity of a certificate when the client asks for none; 0s for what the whole CA has
    #[arg(long, value_name = "DURATION")]
    x509_default_dur: Option<GoDuration>,
    /// Renew no certificate; =false renews them even where the whole CA does not
    #[arg(
        long,
        value_name = "BOOL",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set
    )]
    disable_renewal: Option<bool>,
    /// Renew certificates that have expired, too; =false does not, even where the whole CA does
    #[arg(
        long,
        value_name = "BOOL",
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set
    )]
    allow_renewal_after_expiry: Option<bool>,
}

/// A flag, the member of `claims` it sets, and its value.
type Given<T> = (&'static str, &'static str, T);

impl ClaimsFlags {
    fn durations(&self) -> impl Iterator<Item = Given<GoDuration>> {
        let flags = [
            ("x509-min-dur", "minTLSCertDuration", self.x509_min_dur),
            ("x509-max-dur", "maxTLSCertDuration", self.x509_max_dur),
            ("x509-default-dur", "defaultTLSCertDuration", self.x509_default_dur),
        ];
        flags.into_iter().filter_map(|(flag, member, value)| Some((flag, member, value?)))
    }

    fn switches(&self) -> impl Iterator<Item = Given<bool>> {
        let flags = [
            ("disable-renewal", "disableRenewal", self.disable_renewal),
            ("allow-renewal-after-expiry", "allowRenewalAfterExpiry", self.allow_renewal_after_expiry),
        ];
        flags.into_iter().filter_map(|(flag, member, value)| Some((flag, member, value?)))
    }

    /// Whether any was given.
    pub(super) fn is_given(&self) -> bool {
        self.durations().next().is_some() || self.switches().next().is_some()
    }

    /// Refuses what makes no sense by itself. How the claims fit together depends on those of the whole CA, which says
    /// so when it loads them.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match self.durations().find(|(.., span)| *span < GoDuration::ZERO) {
            Some((flag, _, span)) => Err(CommandError::invalid_value(flag, span.to_string())),
            None => Ok(()),
        }
    }

    /// Sets the claims of a provisioner that were given, and leaves the others.
    pub(super) fn apply(&self, provisioner: &mut Members) -> anyhow::Result<()> {
        if !self.is_given() {
            return Ok(());
        }
        let claims = provisioner.read("claims").context("error parsing the provisioner's claims")?;
        let mut claims: Members = claims.unwrap_or_default();
        for (_, member, span) in self.durations() {
            match span {
                GoDuration::ZERO => claims.unset(member),
                span => claims.set(member, to_raw_value(&span.to_string())?),
            }
        }
        for (_, member, on) in self.switches() {
            claims.set(member, to_raw_value(&on)?);
        }
        match claims.is_empty() {
            true => provisioner.unset("claims"),
            false => provisioner.set("claims", to_raw_value(&claims)?),
        }
        Ok(())
    }
}
