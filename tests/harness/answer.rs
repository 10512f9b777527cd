//! What the CA answered.

use authority::Certificate;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// One answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer, if it has this status; otherwise the test ends with what it says instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The JSON error body, which every refusal has, whatever refused.
    #[track_caller]
    pub fn problem(&self) -> api_types::Problem {
        let problem: api_types::Problem =
            serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()));
        assert_eq!((problem.status, self.header("content-type")), (self.status, "application/json"));
        problem
    }

    /// What the error body says.
    #[track_caller]
    pub fn message(&self) -> String {
        self.problem().message
    }

    /// The certificate that was issued.
    #[track_caller]
    pub fn certificate(&self) -> Certificate {
        let json = self.json();
        let pem = json["crt"].as_str().unwrap_or_else(|| panic!("no crt in {}", self.text()));
        Certificate::from_pem(pem).unwrap_or_else(|error| panic!("{error}: {pem}"))
    }

    /// The certificate that was issued and those above it.
    #[track_caller]
    pub fn chain(&self) -> Vec<Certificate> {
        let json = self.json();
        let pems = json["certChain"].as_array().unwrap_or_else(|| panic!("no certChain in {}", self.text()));
        let parse = |pem: &Value| Certificate::from_pem(pem.as_str().unwrap_or_default()).expect("a certificate");
        pems.iter().map(parse).collect()
    }
}
