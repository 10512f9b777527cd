//! The claims objects of `ca.json`, and what is in force where they say nothing.

use policy_sdk::{GoDuration, prelude::*, settings::Members};
use serde_json::Value;

/// Claims that hold together: whatever they allow is possible.
#[derive(Debug, PartialEq)]
pub(crate) struct Claims {
    pub(crate) min: GoDuration,
    pub(crate) max: GoDuration,
    pub(crate) default: GoDuration,
    pub(crate) disable_renewal: bool,
}

impl Claims {
    /// The claims of a provisioner: what its own object leaves open is taken from the global one, and what both leave
    /// open is built in. Both must hold together, the global ones by themselves.
    pub(crate) fn parse(global: &str, own: &str) -> Result<Self, Vec<ConfigError>> {
        let (global, own) = (Object::parse(global, "/global-claims"), Object::parse(own, "/claims"));
        let (global, own) = match (global, own) {
            (Ok(global), Ok(own)) => (global, own),
            (global, own) => return Err([global.err(), own.err()].into_iter().flatten().flatten().collect()),
        };
        Self::of(&global.or(&BUILT_IN)).map_err(|message| ConfigError::at("/global-claims", message))?;
        Ok(Self::of(&own.or(&global).or(&BUILT_IN)).map_err(|message| ConfigError::at("/claims", message))?)
    }

    fn of(object: &Object) -> Result<Self, String> {
        let duration = |duration: Option<GoDuration>, name: &str| {
            duration
                .filter(|&duration| duration != GoDuration::ZERO)
                .ok_or_else(|| format!("claims: {name} cannot be empty"))
        };
        let min = duration(object.min, "MinTLSCertDuration")?;
        let max = duration(object.max, "MaxTLSCertDuration")?;
        let default = duration(object.default, "DefaultTLSCertDuration")?;
        let less = |what: &str, value: GoDuration, than: &str, bound: GoDuration| {
            format!("claims: {what} cannot be less than {than}: {what} - {value}, {than} - {bound}")
        };
        if max < min {
            return Err(less("MaxCertDuration", max, "MinCertDuration", min));
        }
        if default < min {
            return Err(less("DefaultCertDuration", default, "MinCertDuration", min));
        }
        if max < default {
            let message = less("MaxCertDuration", max, "DefaultCertDuration", default);
            return Err(format!("{message}; whoever lowers maxTLSCertDuration lowers defaultTLSCertDuration with it"));
        }
        Ok(Self { min, max, default, disable_renewal: object.disable_renewal == Some(true) })
    }
}

/// One claims object as it stands in the file. `None` inherits.
#[derive(Clone, Copy)]
struct Object {
    min: Option<GoDuration>,
    max: Option<GoDuration>,
    default: Option<GoDuration>,
    disable_renewal: Option<bool>,
}

const BUILT_IN: Object = Object {
    min: Some(GoDuration::from_secs(5 * 60)),
    max: Some(GoDuration::from_secs(24 * 3_600)),
    default: Some(GoDuration::from_secs(24 * 3_600)),
    disable_renewal: Some(false),
};

impl Object {
    /// Members nobody here knows are left alone: upstream's claims of SSH certificates, and whatever it adds next.
    fn parse(text: &str, pointer: &str) -> Result<Self, Vec<ConfigError>> {
        let mut members = Members::of(text, pointer);
        let object = Self {
            min: duration(&mut members, "minTLSCertDuration"),
            max: duration(&mut members, "maxTLSCertDuration"),
            default: duration(&mut members, "defaultTLSCertDuration"),
            disable_renewal: members.optional("disableRenewal"),
        };
        // Read so that a mistake is found; the host decides about expired certificates.
        members.optional::<bool>("allowRenewalAfterExpiry");
        members.finish()?;
        Ok(object)
    }

    /// These claims, and those for what these leave open.
    fn or(self, fallback: &Self) -> Self {
        Self {
            min: self.min.or(fallback.min),
            max: self.max.or(fallback.max),
            default: self.default.or(fallback.default),
            disable_renewal: self.disable_renewal.or(fallback.disable_renewal),
        }
    }
}

/// A duration in Go's spelling. Zero inherits, as if it were absent.
fn duration(members: &mut Members, name: &'static str) -> Option<GoDuration> {
    let problem = match members.optional(name)? {
        Value::String(text) => match text.parse() {
            Ok(GoDuration::ZERO) => return None,
            Ok(duration) => return Some(duration),
            Err(_) => format!("error parsing {text} as duration; right would be \"24h\", \"1h30m\" or \"90s\""),
        },
        other => format!("error unmarshalling {other}; right would be a text such as \"24h\", \"1h30m\" or \"90s\""),
    };
    members.refuse(name, problem);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn durations(global: &str, own: &str) -> [String; 3] {
        let claims = Claims::parse(global, own).unwrap();
        [claims.min, claims.max, claims.default].map(|duration| duration.to_string())
    }

    #[test]
    fn each_claim_is_inherited_by_itself() {
        assert_eq!(durations("{}", "null"), ["5m0s", "24h0m0s", "24h0m0s"]);
        let global = r#"{"maxTLSCertDuration": "48h", "defaultTLSCertDuration": "12h"}"#;
        assert_eq!(durations(global, r#"{"minTLSCertDuration": "1h"}"#), ["1h0m0s", "48h0m0s", "12h0m0s"]);
        assert_eq!(durations(global, r#"{"maxTLSCertDuration": "0", "minTLSCertDuration": null}"#)[1], "48h0m0s");
    }

    #[test]
    fn an_explicit_false_overrides_a_global_true() {
        let disabled = |global, own| Claims::parse(global, own).unwrap().disable_renewal;
        assert!(disabled(r#"{"disableRenewal": true}"#, "{}"));
        assert!(!disabled(r#"{"disableRenewal": true}"#, r#"{"disableRenewal": false}"#));
        assert!(disabled("{}", r#"{"disableRenewal": true}"#));
        assert!(!disabled("null", "null"));
    }

    #[test]
    fn claims_that_contradict_each_other_are_refused_in_the_words_of_step_ca() {
        for (global, own, pointer, message) in [
            (
                r#"{"maxTLSCertDuration": "1m"}"#,
                "null",
                "/global-claims",
                "claims: MaxCertDuration cannot be less than MinCertDuration: MaxCertDuration - 1m0s, \
                 MinCertDuration - 5m0s",
            ),
            (
                "{}",
                r#"{"defaultTLSCertDuration": "1m"}"#,
                "/claims",
                "claims: DefaultCertDuration cannot be less than MinCertDuration: DefaultCertDuration - 1m0s, \
                 MinCertDuration - 5m0s",
            ),
            (
                "{}",
                r#"{"maxTLSCertDuration": "12h"}"#,
                "/claims",
                "claims: MaxCertDuration cannot be less than DefaultCertDuration: MaxCertDuration - 12h0m0s, \
                 DefaultCertDuration - 24h0m0s; whoever lowers maxTLSCertDuration lowers defaultTLSCertDuration with it",
            ),
        ] {
            assert_eq!(Claims::parse(global, own), Err(vec![ConfigError::at(pointer, message)]));
        }
    }

    #[test]
    fn every_value_that_is_no_duration_is_reported() {
        let own = r#"{"minTLSCertDuration": 5, "maxTLSCertDuration": "1d", "disableRenewal": "no"}"#;
        let errors = Claims::parse(r#"{"allowRenewalAfterExpiry": 1}"#, own).unwrap_err();
        let pointers: Vec<_> = errors.iter().filter_map(|error| error.path.as_deref()).collect();
        let own = ["/claims/minTLSCertDuration", "/claims/maxTLSCertDuration", "/claims/disableRenewal"];
        assert_eq!(pointers[0], "/global-claims/allowRenewalAfterExpiry");
        assert_eq!(pointers[1..], own);
        assert!(errors[2].message.starts_with("error parsing 1d as duration"));
    }

    #[test]
    fn claims_of_ssh_certificates_are_left_alone() {
        let own = r#"{"minUserSSHCertDuration": "x", "enableSSHCA": 7, "disableSmallstepExtensions": true}"#;
        assert!(Claims::parse("{}", own).is_ok());
    }
}
