//! The module that is asked.

use std::{sync::Arc, time::Duration};

use policy_runtime::{Answer, Grants, Kind, Limits, Module};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    answer, check,
    dns::Zone,
    effects,
    error::VectorError,
    provisioner,
    question::Request,
    suite::{Case, Suite},
    tokens::Keys,
};

/// A module, and what it may use while it is asked. It is granted whatever it imports: a store that is empty unless the
/// vector fills it, servers that answer what the vector says.
#[derive(Debug)]
pub struct Subject {
    /// The module.
    pub module: Arc<Module>,
    /// What one call may use up.
    pub limits: Limits,
}

/// What a module made of a question.
#[derive(Clone, Debug)]
pub struct Decision {
    /// `{"allow": …}`, `{"deny": …}`, `{"descriptor": …}`, `{"config_errors": …}`, or `{"fault": …}`.
    pub answer: Value,
    /// Identifiers of the rules a refusal names.
    pub rules: Vec<String>,
    /// Fuel of the call, and its time by the wall clock; none when it did not come to an end.
    pub cost: Option<(u64, Duration)>,
}

impl Subject {
    /// Asks one vector of the suite.
    ///
    /// # Errors
    ///
    /// When the vector makes no sense. That the module faults is a decision no vector expects.
    pub async fn decide(&self, suite: &Suite, case: &Case, keys: &Keys) -> Result<Decision, VectorError> {
        let question = Question { suite, case, keys };
        match self.module.kind() {
            Kind::Check => check::decide(self, &question).await,
            Kind::Provisioner => provisioner::decide(self, &question).await,
        }
    }
}

impl Decision {
    pub(crate) fn without_cost(answer: Value) -> Self {
        Self { answer, rules: Vec::new(), cost: None }
    }

    pub(crate) fn of<T>(answered: Answer<T>, allowed: impl FnOnce(T) -> Value) -> Self {
        let cost = Some((answered.trace.fuel, answered.trace.elapsed));
        match answered.value {
            Ok(value) => Self { answer: json!({"allow": allowed(value)}), rules: Vec::new(), cost },
            Err(denial) => {
                let rules = denial.reasons.iter().map(|reason| reason.rule.clone()).collect();
                Self { answer: answer::denial(&denial), rules, cost }
            }
        }
    }
}

/// A vector about to be asked.
pub(crate) struct Question<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) case: &'a Case,
    pub(crate) keys: &'a Keys,
}

impl Question<'_> {
    pub(crate) fn now(&self) -> i64 {
        self.case.now(&self.suite.base)
    }

    /// Everything. What servers answer may hold `KEYS`, which stands for the set of the provisioner's one key.
    pub(crate) fn grants(&self) -> Result<Grants, VectorError> {
        let key = self.keys.provisioner(self)?.map(|mut key| {
            let kid = self.suite.base.header.get("kid").cloned().unwrap_or_default();
            crate::json::merge(&mut key, &json!({"kid": kid}));
            json!({"keys": [key]}).to_string()
        });
        let zone = Zone::read(&self.case.dns).map_err(|problem| self.wrong("dns", problem))?;
        Ok(effects::grants(&self.case.kv, &self.case.http, zone, &key.unwrap_or_default()))
    }

    pub(crate) fn request(&self) -> Result<Request, VectorError> {
        let base = &self.suite.base;
        let mut request = self.case.part(base, &base.request, &self.case.request);
        if request.is_null() {
            request = json!({});
        }
        self.read("request", request)
    }

    /// The base's environment, the provisioner's key, the case's environment, and the settings of both.
    pub(crate) fn environment<T: DeserializeOwned>(&self) -> Result<T, VectorError> {
        let (base, case) = (&self.suite.base, self.case);
        let mut environment = json!({});
        crate::json::merge(&mut environment, &base.environment);
        if let Some(key) = self.keys.provisioner(self)? {
            crate::json::merge(&mut environment, &json!({"config": {"key": key}}));
        }
        for settings in [&base.settings, &case.settings] {
            if !settings.is_null() {
                crate::json::merge(&mut environment, &json!({"settings": settings}));
            }
        }
        crate::json::merge(&mut environment, &case.environment);
        self.read("environment", environment)
    }

    fn read<T: DeserializeOwned>(&self, part: &'static str, value: Value) -> Result<T, VectorError> {
        serde_path_to_error::deserialize(value).map_err(|error| self.wrong(part, error.to_string()))
    }

    pub(crate) fn wrong(&self, part: &'static str, problem: String) -> VectorError {
        VectorError::Part { case: self.case.name().to_owned(), part, problem }
    }
}

/// A JSON text of the contract.
pub(crate) fn json_text(value: &Value) -> String {
    value.to_string()
}

/// `authority.claims` of a CA whose `ca.json` has none.
pub(crate) fn default_claims() -> Value {
    json!({
        "minTLSCertDuration": "5m0s",
        "maxTLSCertDuration": "24h0m0s",
        "defaultTLSCertDuration": "24h0m0s",
        "disableRenewal": false,
    })
}
