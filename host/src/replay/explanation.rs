//! Why a decision came out as it did, question by question.

use serde::Serialize;
use serde_json::Value;

use super::{
    trial::{Certified, Retrial},
    verdict::Verdict,
};
use crate::{
    audit::{Digest, Entry},
    store::CertificateRecord,
    witness::Asked,
};

/// The whole story of one decision. Its JSON form is described in `host/REPLAY.md`, and only gets members.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What the audit log says; nothing for a request that was given by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// What the rules said then; nothing for a request that was given by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Verdict>,
    /// What the rules say.
    pub verdict: Verdict,
    /// Whether it was decided with the very configuration and modules of then.
    pub exact: bool,
    /// In what the story differs from the record; empty when it is the same to the last word.
    pub differences: Vec<String>,
    /// What would be issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certified>,
    /// Every question to a policy, in order.
    pub steps: Vec<Step>,
}

/// One question to a policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its name in `ca.json`.
    pub policy: String,
    /// SHA-256 of its module, when the decision got as far as to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The function of the contract.
    pub function: &'static str,
    /// What it said, in the words of vectors.
    pub answer: Value,
    /// Fuel it used, host calls included.
    pub fuel: u64,
    /// Host functions it called.
    pub host_calls: u32,
    /// What it asked of the world, and of `jose.verify`.
    pub asked: Vec<&'static str>,
    /// What it logged.
    pub log: Vec<Line>,
}

/// A line that a policy logged.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// How important the policy thinks it is.
    pub level: String,
    /// The text.
    pub message: String,
    /// Names and values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
}

impl Explanation {
    /// Of a request that nobody has decided before.
    pub(super) fn of_new(retrial: Retrial) -> Self {
        let steps = steps(retrial.asked, retrial.entry.as_ref());
        let Retrial { verdict, certificate, .. } = retrial;
        Self { entry: None, recorded: None, verdict, exact: true, differences: Vec::new(), certificate, steps }
    }

    /// Of a decision on record. `is_same_configuration` when it was made with the configuration of now.
    pub(super) fn of(
        entry: Entry,
        retrial: Retrial,
        is_same_configuration: bool,
        issued: Option<&CertificateRecord>,
    ) -> Self {
        let recorded = Verdict::of_entry(&entry);
        let is_same_modules = retrial.entry.as_ref().is_some_and(|now| now.modules == entry.modules);
        let differences = differences(&entry, &recorded, &retrial, issued);
        let steps = steps(retrial.asked, retrial.entry.as_ref());
        Self {
            entry: Some(entry),
            recorded: Some(recorded),
            verdict: retrial.verdict,
            exact: is_same_configuration && is_same_modules,
            differences,
            certificate: retrial.certificate,
            steps,
        }
    }

    /// Whether the decision came out as it is on record, by the rules of then.
    pub fn agrees(&self) -> bool {
        self.differences.is_empty() && self.exact
    }
}

fn differences(
    entry: &Entry,
    recorded: &Verdict,
    retrial: &Retrial,
    issued: Option<&CertificateRecord>,
) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, then: &dyn std::fmt::Debug, now: &dyn std::fmt::Debug| {
        let (then, now) = (format!("{then:?}"), format!("{now:?}"));
        if then != now {
            differences.push(format!("{what} was {then} and is {now}"));
        }
    };
    compare("verdict", recorded, &retrial.verdict);
    let Some(now) = &retrial.entry else { return differences };
    let shown = |modules: &[crate::audit::Module]| -> Vec<String> {
        modules.iter().map(|module| format!("{} {}", module.name, module.sha256)).collect()
    };
    compare("modules", &shown(&entry.modules), &shown(&now.modules));
    compare("provisioner", &entry.provisioner, &now.provisioner);
    compare("subject", &entry.subject, &now.subject);
    // A line that was too long for the log has the first of them only.
    if entry.left_out.is_none() {
        compare("names", &entry.names, &now.names);
        compare("edits", &entry.edits, &now.edits);
    }
    if let (Some(issued), Some(certified)) = (issued, &retrial.certificate) {
        let then = Certified::new(certified.subject.clone(), issued.names.clone(), issued.validity);
        compare("certificate", &then, certified);
    }
    differences
}

fn steps(asked: Vec<Asked>, entry: Option<&Entry>) -> Vec<Step> {
    let sha256 = |policy: &str| entry?.modules.iter().find(|module| module.name == policy).map(|module| module.sha256);
    let step = |asked: Asked| {
        let Asked { policy, function, said, trace } = asked;
        let trace = trace.unwrap_or_default();
        let line = |line: policy_runtime::LogLine| Line {
            level: format!("{:?}", line.level).to_lowercase(),
            message: line.message,
            fields: line.fields,
        };
        Step {
            sha256: sha256(&policy),
            policy: policy.to_string(),
            function,
            answer: said.unwrap_or_default(),
            fuel: trace.fuel,
            host_calls: trace.host_calls,
            asked: trace.transcript.functions().collect(),
            log: trace.log.into_iter().map(line).collect(),
        }
    };
    asked.into_iter().map(step).collect()
}
