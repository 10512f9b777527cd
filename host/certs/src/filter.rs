//! The flags that say which certificates are meant.

use authority::{SerialNumber, Timestamp};
use clap::Args;

use crate::time_flag::TimeFlag;

/// Which certificates; every flag that is given narrows the choice. Without any, all.
#[derive(Args, Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// Certificates with this in a name or in their subject
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// With --name: the whole name, not a part of it
    #[arg(long, requires = "name")]
    exact: bool,
    /// The certificate with this serial number: decimal, or hexadecimal after 0x
    #[arg(long, value_name = "NUMBER")]
    serial: Option<SerialNumber>,
    /// Certificates that this provisioner authorized
    #[arg(long, value_name = "NAME")]
    provisioner: Option<String>,
    /// Certificates that the policy module with this SHA-256 had a say in
    #[arg(long, value_name = "SHA256")]
    policy_digest: Option<String>,
    /// Certificates that end before a time (RFC 3339), or a duration from now, e.g. 168h
    #[arg(long, value_name = "TIME|DURATION", allow_hyphen_values = true)]
    expires_before: Option<TimeFlag>,
    /// Certificates that end after a time, or a duration from now
    #[arg(long, value_name = "TIME|DURATION", allow_hyphen_values = true)]
    expires_after: Option<TimeFlag>,
    /// Certificates that were issued before a time, or a duration from now, e.g. -24h
    #[arg(long, value_name = "TIME|DURATION", allow_hyphen_values = true)]
    issued_before: Option<TimeFlag>,
    /// Certificates that were issued at a time or later
    #[arg(long, value_name = "TIME|DURATION", allow_hyphen_values = true)]
    issued_since: Option<TimeFlag>,
    /// Certificates that are revoked
    #[arg(long, conflicts_with_all = ["live", "expired"])]
    revoked: bool,
    /// Certificates that have not ended and are not revoked
    #[arg(long, conflicts_with = "expired")]
    live: bool,
    /// Certificates that have ended
    #[arg(long)]
    expired: bool,
}

impl Filter {
    /// As the parameters of `GET /admin/certs` when it is `now`.
    pub fn parameters(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let time = |flag: Option<TimeFlag>| flag.map(|flag| flag.resolve(now).to_string());
        let standing = match self {
            Self { revoked: true, .. } => Some("revoked"),
            Self { live: true, .. } => Some("live"),
            Self { expired: true, .. } => Some("expired"),
            _ => None,
        };
        let parameters = [
            ("name", self.name.clone()),
            ("exact", self.exact.then(|| "true".to_owned())),
            ("serial", self.serial.map(|serial| serial.to_string())),
            ("provisioner", self.provisioner.clone()),
            ("policyDigest", self.policy_digest.as_ref().map(|digest| digest.to_ascii_lowercase())),
            ("expiresBefore", time(self.expires_before)),
            ("expiresAfter", time(self.expires_after)),
            ("issuedBefore", time(self.issued_before)),
            ("issuedSince", time(self.issued_since)),
            ("status", standing.map(str::to_owned)),
        ];
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    fn parsed(line: &str) -> Result<Filter, clap::Error> {
        let words = std::iter::once("certs").chain(line.split_whitespace());
        let matches = Filter::augment_args(Command::new("certs")).try_get_matches_from(words)?;
        Filter::from_arg_matches(&matches)
    }

    #[test]
    fn flags_become_parameters_and_durations_become_times() {
        let now = Timestamp::from_unix(86_400);
        let line = "--name web --serial 0xff --policy-digest AB --expires-before 24h --issued-since -24h --live";
        let parameters = parsed(line).unwrap().parameters(now);
        let expected = [
            ("name", "web"),
            ("serial", "255"),
            ("policyDigest", "ab"),
            ("expiresBefore", "1970-01-03T00:00:00Z"),
            ("issuedSince", "1970-01-01T00:00:00Z"),
            ("status", "live"),
        ];
        assert_eq!(parameters, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(parsed("").unwrap().parameters(now), []);
    }

    #[test]
    fn a_certificate_is_asked_to_be_one_thing_at_a_time() {
        for line in ["--live --revoked", "--expired --live", "--revoked --expired", "--exact", "--serial x"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
