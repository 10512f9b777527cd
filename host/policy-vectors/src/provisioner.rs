//! Asking a provisioner.

use policy_runtime::{
    Answer, Fault, Provisioner,
    contract::provisioner::{Audiences, Environment, RenewRequest, RevokeRequest, SignRequest},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer,
    error::VectorError,
    question::{Asked, Request},
    subject::{Decision, Question, Subject, json_text},
    tokens,
};

/// `environment` of a vector for a provisioner.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenEnvironment {
    config: Value,
    settings: Value,
    global_claims: Value,
    audiences: WrittenAudiences,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAudiences {
    sign: Vec<String>,
    renew: Vec<String>,
    revoke: Vec<String>,
}

impl Default for WrittenEnvironment {
    fn default() -> Self {
        let urls = |operation| {
            vec![format!("https://ca.example.com/1.0/{operation}"), format!("https://ca.example.com/{operation}")]
        };
        Self {
            config: json!({"type": "JWK", "name": "admin"}),
            settings: Value::Null,
            global_claims: crate::subject::default_claims(),
            audiences: WrittenAudiences { sign: urls("sign"), renew: urls("renew"), revoke: urls("revoke") },
        }
    }
}

/// What the module makes of a question.
pub(crate) async fn decide(subject: &Subject, question: &Question<'_>) -> Result<Decision, VectorError> {
    let environment = environment(question.environment()?);
    let policy =
        match Provisioner::init(&subject.module, environment, &question.grants()?, subject.limits.clone()).await {
            Ok(policy) => policy,
            Err(error) => return Ok(Decision::without_cost(answer::init_error(&error))),
        };
    if question.case.is_about_init() {
        return Ok(Decision::without_cost(answer::provisioner_descriptor(policy.descriptor())));
    }
    let (request, now) = (question.request()?, question.now());
    let token = tokens::token(question)?;
    Ok(match request.operation {
        Asked::Sign | Asked::Finalize => {
            decision(policy.authorize_sign(&sign_request(&request, token, now)).await, answer::grant)
        }
        Asked::Renew | Asked::Rekey => {
            decision(policy.authorize_renew(&renew_request(&request, now)).await, answer::identity)
        }
        Asked::Revoke => {
            decision(policy.authorize_revoke(&revoke_request(request, token, now)).await, answer::identity)
        }
    })
}

fn decision<T>(answer: Result<Answer<T>, Fault>, allowed: fn(T) -> Value) -> Decision {
    match answer {
        Ok(answer) => Decision::of(answer, allowed),
        Err(fault) => Decision::without_cost(json!({"fault": fault.to_string()})),
    }
}

fn environment(written: WrittenEnvironment) -> Environment {
    let text = |name: &str| written.config.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let WrittenAudiences { sign, renew, revoke } = written.audiences;
    Environment {
        host_version: env!("CARGO_PKG_VERSION").to_owned(),
        name: text("name"),
        type_: text("type"),
        config: json_text(&written.config),
        settings: json_text(&written.settings),
        global_claims: json_text(&written.global_claims),
        audiences: Audiences { sign, renew, revoke },
    }
}

fn sign_request(request: &Request, token: String, now: i64) -> SignRequest {
    SignRequest {
        context: request.context(now),
        token,
        csr: request.csr(),
        validity: request.requested(),
        template_data: request.template_data.as_ref().map(json_text),
    }
}

fn renew_request(request: &Request, now: i64) -> RenewRequest {
    RenewRequest {
        context: request.context(now),
        certificate: request.renewed(now),
        first_issued: Some(request.first_issued(now)),
        renewals: request.renewals,
    }
}

fn revoke_request(request: Request, token: String, now: i64) -> RevokeRequest {
    RevokeRequest {
        context: request.context(now),
        token,
        serial_number: request.serial_number(),
        reason_code: request.reason_code,
        reason: request.reason,
    }
}
