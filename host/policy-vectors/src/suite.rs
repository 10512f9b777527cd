//! A folder of vectors: what they have in common, and each of them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    dns::WrittenAnswer,
    effects::WrittenResponse,
    error::VectorError,
    json::{merge, resolve_times},
    question::Time,
    subject::Decision,
    tokens::TokenPlan,
};

/// Every vector of one policy.
#[derive(Debug)]
pub struct Suite {
    pub(crate) base: Base,
    cases: Vec<Case>,
}

impl Suite {
    /// Reads `base.json` and every other `*.json` of the folder, in the order of their names.
    ///
    /// # Errors
    ///
    /// The first file that cannot be read or is no file of vectors; two cases of one name.
    pub fn read(folder: &Path) -> Result<Self, VectorError> {
        let unreadable = |source| VectorError::Read { path: folder.to_owned(), source };
        let entries = fs::read_dir(folder).map_err(unreadable)?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        let mut suite = Self { base: read(&folder.join("base.json"))?, cases: Vec::new() };
        for path in paths.into_iter().filter(|path| !path.ends_with("base.json")) {
            let file: File = read(&path)?;
            for case in file.cases {
                if suite.cases.iter().any(|other| other.name == case.name) {
                    return Err(VectorError::TwoNames { path, name: case.name });
                }
                suite.cases.push(Case { file: path.clone(), ..case });
            }
        }
        Ok(suite)
    }

    /// One ordinary request without an expected answer, with these settings.
    pub fn ordinary(settings: Value) -> Self {
        let base = json!({
            "about": "an ordinary request",
            "now": "2026-01-07T10:00:00Z",
            "settings": settings,
            "request": {
                "dns_names": ["db.example.com"],
                "remote_address": "192.0.2.7",
                "drafted": {"not_before": {"now": -60}, "not_after": {"now": 86_400}},
            },
        });
        let case = json!({"name": "an ordinary request"});
        let read = "the members are those of the types";
        Self { base: serde_json::from_value(base).expect(read), cases: vec![serde_json::from_value(case).expect(read)] }
    }

    /// The vectors, in the order of the files.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, VectorError> {
    let text = fs::read(path).map_err(|source| VectorError::Read { path: path.to_owned(), source })?;
    let file = |problem: String| VectorError::File { path: path.to_owned(), problem };
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&text))
        .map_err(|error| file(error.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    cases: Vec<Case>,
}

/// What all the cases of a policy begin with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Base {
    #[serde(rename = "about")]
    _about: String,
    pub(crate) now: Time,
    #[serde(default)]
    pub(crate) settings: Value,
    #[serde(default)]
    pub(crate) environment: Value,
    #[serde(default)]
    pub(crate) request: Value,
    #[serde(default)]
    pub(crate) header: Value,
    #[serde(default)]
    pub(crate) claims: Value,
    #[serde(default)]
    pub(crate) allow: Value,
    #[serde(default)]
    pub(crate) deny: Value,
}

/// One question and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    name: String,
    #[serde(skip)]
    file: PathBuf,
    now: Option<Time>,
    #[serde(default)]
    pub(crate) settings: Value,
    #[serde(default)]
    pub(crate) environment: Value,
    #[serde(default)]
    pub(crate) request: Value,
    #[serde(default)]
    pub(crate) token: TokenPlan,
    /// What the policy's store holds, and what servers and the DNS answer.
    #[serde(default)]
    pub(crate) kv: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) http: BTreeMap<String, WrittenResponse>,
    #[serde(default)]
    pub(crate) dns: BTreeMap<String, WrittenAnswer>,
    /// Members of the answer, over those of the base.
    allow: Option<Value>,
    /// Members of the refusal, over those of the base. Members that are not named may be anything.
    deny: Option<Value>,
    /// `init` accepts, and says this about the policy.
    descriptor: Option<Value>,
    /// `init` refuses, with these problems.
    config_errors: Option<Value>,
}

/// What a policy decided, and what the vector says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// What the vector says; `None` when it says nothing yet.
    pub expected: Option<Value>,
    /// What was decided.
    pub got: Value,
}

impl Case {
    /// The sentence it is known by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file it is in.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// When it happens.
    pub(crate) fn now(&self, base: &Base) -> i64 {
        self.now.unwrap_or(base.now).0
    }

    /// A merged part of the question, with its times in numbers.
    pub(crate) fn part(&self, base: &Base, of_base: &Value, of_case: &Value) -> Value {
        let mut part = of_base.clone();
        merge(&mut part, of_case);
        resolve_times(&mut part, self.now(base));
        part
    }

    /// Whether `init` is all that is asked.
    pub(crate) fn is_about_init(&self) -> bool {
        self.descriptor.is_some() || self.config_errors.is_some()
    }

    /// What is wrong with a decision, if anything.
    pub fn difference(&self, suite: &Suite, decision: &Decision) -> Option<Difference> {
        let (base, got) = (&suite.base, &decision.answer);
        let expected = match (&self.allow, &self.deny, &self.descriptor, &self.config_errors) {
            (Some(allow), None, None, None) => json!({"allow": self.part(base, &base.allow, allow)}),
            (None, Some(deny), None, None) => {
                let expected = self.part(base, &base.deny, deny);
                if got.get("deny").is_some_and(|denial| has_members(denial, &expected)) {
                    return None;
                }
                json!({"deny": expected})
            }
            (None, None, Some(descriptor), None) => json!({"descriptor": descriptor}),
            (None, None, None, Some(errors)) => json!({"config_errors": errors}),
            _ => return Some(Difference { expected: None, got: got.clone() }),
        };
        (*got != expected).then(|| Difference { expected: Some(expected), got: got.clone() })
    }
}

fn has_members(answer: &Value, expected: &Value) -> bool {
    match expected.as_object() {
        Some(expected) => expected.iter().all(|(name, value)| answer.get(name) == Some(value)),
        None => expected.is_null(),
    }
}
