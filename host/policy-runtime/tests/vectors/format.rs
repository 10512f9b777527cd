//! The files of `policy-sdk/vectors`; its README tells what the members mean.

use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};
use step_policy_runtime::{
    Fault, InitError,
    contract::types::{Denial, DenialKind},
};

use crate::{
    json::{merge, resolve_times},
    workspace,
};

/// Every vector of one policy.
pub(crate) struct Suite {
    /// What each case changes.
    pub(crate) base: Base,
    pub(crate) cases: Vec<Case>,
}

impl Suite {
    pub(crate) fn read(policy: &str) -> Self {
        let folder = workspace("policy-sdk/vectors").join(policy);
        let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let mut suite = Self { base: read(&folder.join("base.json")), cases: Vec::new() };
        for path in paths.iter().filter(|path| !path.ends_with("base.json")) {
            let file: File = read(path);
            suite.cases.extend(file.cases);
        }
        suite
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &std::path::Path) -> T {
    let text = fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

/// What all the cases of a policy begin with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Base {
    #[serde(rename = "about")]
    _about: String,
    pub(crate) now: i64,
    pub(crate) environment: Value,
    #[serde(default)]
    pub(crate) request: Value,
    #[serde(default)]
    pub(crate) header: Value,
    #[serde(default)]
    pub(crate) claims: Value,
    #[serde(default)]
    allow: Value,
    deny: Value,
}

/// One question and its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) environment: Value,
    #[serde(default)]
    pub(crate) request: Value,
    #[serde(default)]
    pub(crate) token: Token,
    /// Members of the answer, over those of the base.
    allow: Option<Value>,
    /// Members of the refusal, over those of the base. Members that are not named may be anything.
    deny: Option<Value>,
    /// `init` accepts, and says this about the policy.
    descriptor: Option<Value>,
    /// `init` refuses, with these problems.
    config_errors: Option<Value>,
}

/// How the token of a case differs from an ordinary one.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    /// The provisioner's key; P-256 unless said.
    pub(crate) key: Option<String>,
    /// The key that signs, when it is another.
    pub(crate) signed_with: Option<String>,
    #[serde(default)]
    pub(crate) header: Value,
    #[serde(default)]
    pub(crate) claims: Value,
    /// Instead of the header or the claims: octets that no JSON writer would make.
    pub(crate) header_text: Option<String>,
    pub(crate) claims_text: Option<String>,
    /// What is done to the token after it was signed.
    pub(crate) tampering: Option<String>,
    /// Instead of a token: this text.
    pub(crate) text: Option<String>,
}

impl Case {
    /// A merged part of the question, with its times in numbers.
    pub(crate) fn part(&self, base: &Base, of_base: &Value, of_case: &Value) -> Value {
        let mut part = of_base.clone();
        merge(&mut part, of_case);
        resolve_times(&mut part, base.now);
        part
    }

    /// Whether `init` is all that is asked.
    pub(crate) fn is_about_init(&self) -> bool {
        self.descriptor.is_some() || self.config_errors.is_some()
    }

    /// What is wrong with a decision, if anything.
    pub(crate) fn compare(&self, base: &Base, decision: &Value) -> Option<String> {
        let (expected, is_as_expected) = match (&self.allow, &self.deny, &self.descriptor, &self.config_errors) {
            (Some(allow), None, None, None) => equal(decision, "allow", self.part(base, &base.allow, allow)),
            (None, Some(deny), None, None) => {
                let expected = self.part(base, &base.deny, deny);
                let is_as_expected = has_members(&decision["deny"], &expected);
                (json!({"deny": expected}), is_as_expected)
            }
            (None, None, Some(descriptor), None) => equal(decision, "descriptor", descriptor.clone()),
            (None, None, None, Some(errors)) => equal(decision, "config_errors", errors.clone()),
            _ => panic!("{}: a vector has one outcome", self.name),
        };
        (!is_as_expected).then(|| format!("{}\n  expected {expected}\n  got      {decision}", self.name))
    }
}

fn equal(decision: &Value, outcome: &str, expected: Value) -> (Value, bool) {
    let expected = json!({outcome: expected});
    let is_equal = *decision == expected;
    (expected, is_equal)
}

fn has_members(answer: &Value, expected: &Value) -> bool {
    expected.as_object().is_some_and(|expected| expected.iter().all(|(name, value)| answer.get(name) == Some(value)))
}

/// A refusal, with the members of its reason beside its own.
pub(crate) fn denial(denial: Denial) -> Value {
    let kind = match denial.kind {
        DenialKind::BadRequest => "bad-request",
        DenialKind::Unauthorized => "unauthorized",
        DenialKind::Forbidden => "forbidden",
        DenialKind::NotFound => "not-found",
        DenialKind::TooManyRequests => "too-many-requests",
        DenialKind::Pending => "pending",
        DenialKind::NotImplemented => "not-implemented",
    };
    let mut members = json!({"kind": kind, "message": denial.message});
    if let [reason] = denial.reasons.as_slice() {
        let reason = json!({
            "rule": reason.rule, "field": reason.field, "got": reason.got, "want": reason.want, "hint": reason.hint,
        });
        merge(&mut members, &reason);
    }
    json!({"deny": members})
}

/// The module did not accept its configuration, or did not come to accepting anything.
pub(crate) fn init_error(error: InitError) -> Value {
    match error {
        InitError::Config(errors) => {
            let errors = errors.into_iter().map(|error| json!({"path": error.path, "message": error.message}));
            json!({"config_errors": errors.collect::<Value>()})
        }
        InitError::Fault(fault) => self::fault(&fault),
    }
}

/// The module came to no decision; no vector expects that.
pub(crate) fn fault(fault: &Fault) -> Value {
    json!({"fault": fault.to_string()})
}
