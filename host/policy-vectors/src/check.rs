//! Asking a check.

use policy_runtime::{
    Check,
    contract::check::{Draft, Environment, Proposal},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer,
    error::VectorError,
    question::Request,
    subject::{Decision, Question, Subject, json_text},
};

/// `environment` of a vector for a check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenEnvironment {
    provisioner_name: String,
    provisioner_type: String,
    settings: Value,
    global_claims: Value,
    claims: Value,
    backdate_seconds: i64,
}

impl Default for WrittenEnvironment {
    fn default() -> Self {
        Self {
            provisioner_name: "admin".to_owned(),
            provisioner_type: "JWK".to_owned(),
            settings: Value::Null,
            global_claims: crate::subject::default_claims(),
            claims: Value::Null,
            backdate_seconds: 60,
        }
    }
}

/// What the module makes of a question.
pub(crate) async fn decide(subject: &Subject, question: &Question<'_>) -> Result<Decision, VectorError> {
    let environment = environment(question.environment()?);
    let check = match Check::init(&subject.module, environment, &question.grants()?, subject.limits.clone()).await {
        Ok(check) => check,
        Err(error) => return Ok(Decision::without_cost(answer::init_error(&error))),
    };
    if question.case.is_about_init() {
        return Ok(Decision::without_cost(answer::check_descriptor(check.descriptor())));
    }
    let proposal = proposal(&question.request()?, question.now());
    Ok(match check.review(&proposal).await {
        Ok(answered) => Decision::of(answered, |edits| edits.into_iter().map(answer::edit).collect()),
        Err(fault) => Decision::without_cost(json!({"fault": fault.to_string()})),
    })
}

fn environment(written: WrittenEnvironment) -> Environment {
    Environment {
        host_version: env!("CARGO_PKG_VERSION").to_owned(),
        provisioner_name: written.provisioner_name,
        provisioner_type: written.provisioner_type,
        settings: json_text(&written.settings),
        global_claims: json_text(&written.global_claims),
        claims: json_text(&written.claims),
        backdate: written.backdate_seconds.saturating_mul(1_000_000_000),
    }
}

fn proposal(request: &Request, now: i64) -> Proposal {
    let (not_before_bound, not_after_bound) = request.bounds();
    Proposal {
        context: request.context(now),
        identity: request.identity(),
        requested: request.requested(),
        default_duration: request.default_duration(),
        not_before_bound,
        not_after_bound,
        draft: Draft {
            subject: request.subject(),
            subject_alt_names: request.subject_alt_names(),
            public_key: request.public_key(),
            validity: request.drafted(),
            key_usage: request.key_usage(),
            ext_key_usage: request.ext_key_usage(),
            extensions: Vec::new(),
        },
        csr: Some(request.csr()),
        previous: request.previous(),
    }
}
