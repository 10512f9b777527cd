//! Why the CA did not answer as hoped.

use api_types::Problem;
use reqwest::Method;
use thiserror::Error;

use crate::certificates::CertificateError;

/// Why the CA did not answer as hoped.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The CA sent a root with another fingerprint than it was asked for: an attack, or a wrong fingerprint.
    #[error("root certificate SHA256 fingerprint do not match")]
    AnotherRoot,
    /// The CA sent something else where a certificate belongs.
    #[error("the CA sent no certificate")]
    Certificate(#[source] CertificateError),
    /// The request cannot be written as JSON.
    #[error("error encoding the request")]
    Encode(#[source] serde_json::Error),
    /// The list of provisioners does not end.
    #[error("the CA's list of provisioners does not end")]
    EndlessList,
    /// The answer is not the document the route is to give.
    #[error("error decoding the answer of {url}")]
    Malformed {
        /// What was asked.
        url: String,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// The CA, or something in front of it, refused without saying why.
    #[error("failed decoding CA error response: {url} answered {status}")]
    NotAProblem {
        /// The HTTP status.
        status: u16,
        /// What was asked.
        url: String,
    },
    /// A redirect was answered, which a CA does not do.
    #[error("{url} answered with a redirect, which is not followed")]
    Redirected {
        /// What was asked.
        url: String,
    },
    /// The CA says no, and why.
    #[error("{}", .problem.message)]
    Refused {
        /// What it said.
        problem: Box<Problem>,
        /// By which its log can be searched.
        request_id: String,
    },
    /// The HTTP client cannot be set up.
    #[error("error setting up HTTP")]
    Setup(#[source] reqwest::Error),
    /// TLS cannot be set up with these certificates and keys.
    #[error("error setting up TLS")]
    Tls(#[source] rustls::Error),
    /// The answer is longer than any answer of a CA.
    #[error("the CA's answer is longer than {limit} octets")]
    TooLong {
        /// The longest answer that is read.
        limit: usize,
    },
    /// No answer: no connection, no trust, or no patience left.
    #[error("client {method} {url} failed")]
    Transport {
        /// The HTTP method.
        method: Method,
        /// What was asked.
        url: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
}

impl ClientError {
    /// Which rules a refusal names, and what each has seen: a line a fact.
    pub fn facts(&self) -> Vec<String> {
        let Self::Refused { problem, .. } = self else { return Vec::new() };
        let mut lines = Vec::new();
        for reason in &problem.reasons {
            lines.push(format!("rule  {}", reason.rule));
            // The first sentence is the message of the whole most of the time.
            if !problem.message.ends_with(&reason.message) {
                lines.push(format!("why   {}", reason.message));
            }
            let facts = [("field", &reason.field), ("got  ", &reason.got), ("want ", &reason.want)];
            lines.extend(facts.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?))));
        }
        lines
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::AnotherRoot => {
                Some("compare the fingerprint with `step certificate fingerprint` on the CA's own machine".into())
            }
            Self::Refused { problem, request_id } => {
                let hints = problem.reasons.iter().filter_map(|reason| reason.hint.clone());
                let decision = problem.decision_id.as_ref();
                let story = decision.map(|id| format!("on the CA `step policy explain {id}` tells how it was decided"));
                let log = format!("the CA's log has the reason under request id {request_id}");
                Some(hints.chain(story).chain([log]).collect::<Vec<_>>().join("; "))
            }
            Self::Transport { source, .. } => transport_hint(source),
            _ => None,
        }
    }
}

fn transport_hint(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if let Some(hint) = tls_error(error).and_then(tls_hint) {
            return Some(hint);
        }
        cause = error.source();
    }
    error.is_connect().then(|| "is the CA running, and is `--ca-url` its address?".into())
}

fn tls_hint(error: &rustls::Error) -> Option<String> {
    use rustls::{AlertDescription as Alert, CertificateError, Error};

    Some(match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the CA is not certified by the root you trust; is `--root` (or $STEPPATH/certs/root_ca.crt) this CA's?"
                .into()
        }
        Error::InvalidCertificate(problem) => format!("the CA's own certificate was refused: {problem:?}"),
        Error::AlertReceived(Alert::UnknownCA | Alert::BadCertificate | Alert::CertificateUnknown) => {
            "the certificate that was shown is not one of this CA's; is it for another CA, or `--ca-url` another's?"
                .into()
        }
        Error::AlertReceived(Alert::CertificateExpired) => {
            "the certificate that was shown is not valid any more; get a new one with `step ca certificate`".into()
        }
        _ => return None,
    })
}

/// The TLS error this is, or that it carries: an I/O error hides what it carries from `source`, and may carry another.
fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let carried = error.downcast_ref::<std::io::Error>().and_then(|error| error.get_ref());
    match carried {
        Some(carried) => tls_error(carried),
        None => error.downcast_ref(),
    }
}
