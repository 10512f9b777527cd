//! The webhook against servers of every mood.

use policy_sdk::{
    http::{HttpError, Request, Response},
    testing::{self, Host, with_host},
};

use super::*;

/// Answers every question alike, after it has looked at it.
struct Server(Result<Response, HttpError>);

impl Host for Server {
    fn http_send(&mut self, request: &Request) -> Result<Response, HttpError> {
        assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://approvals.example.com/"));
        let question: serde_json::Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
        assert_eq!(question["names"], json!(["web.example"]));
        self.0.clone()
    }
}

fn asked(answer: Result<Response, HttpError>) -> Result<Vec<Edit>, Denial> {
    let settings = r#"{"url": "https://approvals.example.com/"}"#.to_owned();
    let (webhook, _) = Webhook::init(Environment { settings, ..testing::check() }).unwrap();
    with_host(Server(answer), || webhook.review(&testing::proposal(&["web.example"])))
}

fn answered(status: u16, body: &str) -> Result<Vec<Edit>, Denial> {
    asked(Ok(Response { status, headers: vec![], body: body.as_bytes().to_vec() }))
}

#[test]
fn only_a_clear_yes_is_one() {
    assert_eq!(answered(200, r#"{"allow": true}"#), Ok(vec![]));
    for (status, body) in [(500, r#"{"allow": true}"#), (200, ""), (200, r#"{"allow": "true"}"#), (204, "")] {
        assert_eq!(answered(status, body).unwrap_err().reasons[0].rule, "webhook.no-answer", "{status} {body}");
    }
    assert_eq!(asked(Err(HttpError::Timeout)).unwrap_err().reasons[0].rule, "webhook.no-answer");
}

#[test]
fn a_no_reaches_the_client_in_the_words_of_the_server() {
    let denial = answered(200, r#"{"allow": false, "message": "ask Ada first"}"#).unwrap_err();
    assert_eq!((denial.reasons[0].rule.as_str(), denial.message.as_str()), ("webhook.refused", "ask Ada first"));
}
