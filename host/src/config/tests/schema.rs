//! The schema against what [`Config::parse`] accepts and refuses. Every file that another test accepts, it must accept.

use super::*;
use std::sync::LazyLock;

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
});

/// Judges a file by the schema.
pub(super) fn accepts(file: &Value) -> Result<(), String> {
    let file = without_nulls(file);
    VALIDATOR.validate(&file).map_err(|error| format!("{}: {error}", error.instance_path()))
}

/// `null` counts as absent, which a schema says badly and nobody writes on purpose.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(elements) => elements.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[test]
fn what_init_and_upstream_write_and_a_policy_are_accepted() {
    for file in [stock(), with_policy(), serde_json::from_str(include_str!("../../../dist/ca.json")).unwrap()] {
        accepts(&file).unwrap();
    }
}

/// Mistakes of which a schema knows nothing: what names refer to, which of two values is greater, how long a span is.
const BEYOND_A_SCHEMA: [&str; 21] = [
    r#"/address | ":99999""#,
    r#"/dnsNames | ["a", "1.2.3.4.5"]"#,
    r#"/crl | {"cacheDuration": "1s"}"#,
    r#"/crl | {"cacheDuration": "1h", "renewPeriod": "2h"}"#,
    r#"/crl | {"distributionPoint": "http://a/crl", "idpURL": "http://b/crl"}"#,
    r#"/authority/provisioners/- | {"name": "you@example.com", "type": "JWK", "key": {"kid": "k1"}}"#,
    r#"/authority/provisioners/0/policy | "crop""#,
    r#"/authority/provisioners/- | {"name": "x", "type": "WASM", "policy": "corp", "polices": []}"#,
    r#"/authority/provisioners/0/claims | {"maxTLSCertDuration": "12h"}"#,
    r#"/authority/policies | ["x"]"#,
    r#"/authority/claims | {"maxTLSCertDuration": "1m"}"#,
    r#"/authority/claims | {"minTLSCertDuration": "48h", "maxTLSCertDuration": "72h"}"#,
    r#"/authority/backdate | "48h""#,
    r#"/authority/provenance | {"oid": "1.3.6.1.4.1.32473.2147483648"}"#,
    r#"/authority/provenance | {"oid": "1.3.6.1.4.1.37476.9000.64.1"}"#,
    r#"/authority/provenance | {"oid": "2.5.29.17"}"#,
    r#"/authority/provenance | {"oid": "1.3.6.1.4.1"}"#,
    r#"/tls/minVersion | 1.3"#,
    r#"/policies/corp/limits | {"time": "1h"}"#,
    r#"/policies/corp/limits | {"memory": "4096MiB"}"#,
    r#"/policies/corp/limits | {"fuel": 1.5e6}"#,
];

#[test]
fn every_mistake_of_shape_is_refused() {
    let mut overlooked = Vec::new();
    for case in MISTAKES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [at, value, ..] = case.split(" | ").collect::<Vec<_>>()[..] else { panic!("{case}") };
        let mut file = with_policy();
        set(&mut file, at, serde_json::from_str(value).unwrap());
        if accepts(&file).is_ok() {
            overlooked.push(format!("{at} | {value}"));
        }
    }
    assert_eq!(overlooked, BEYOND_A_SCHEMA);
}
