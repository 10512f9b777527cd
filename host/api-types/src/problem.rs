//! Why a request was not answered with what it asked for.

use serde::{Deserialize, Serialize};

use crate::nullable::null_as_default;

/// The body of every answer with a status of 400 or more.
///
/// Clients of every age read `status` and `message` and fail when the body is not such an object; the other members are
/// ours, and left out when there is nothing to say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// The HTTP status once more.
    pub status: u16,
    /// One sentence for the person in front of the client.
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
    /// The `X-Request-Id` of the answer: what to look for in the CA's log.
    #[serde(default, rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The entry of the CA's audit log that records the decision.
    #[serde(default, rename = "decisionId", skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<String>,
    /// The rules that were broken, where the client may know them.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// One rule that was broken.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Reason {
    /// A stable identifier of the rule, such as `claims.max-duration`.
    pub rule: String,
    /// One sentence for the person who is refused.
    pub message: String,
    /// What the rule looked at, such as `csr.subject.common-name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was found there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// What would have been accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_without_our_members_is_the_object_upstream_sends() {
        let problem = Problem { status: 401, message: "no".into(), ..Problem::default() };
        assert_eq!(serde_json::to_string(&problem).unwrap(), r#"{"status":401,"message":"no"}"#);
    }

    #[test]
    fn a_problem_of_upstream_is_read() {
        let problem: Problem = serde_json::from_str(r#"{"status":404,"message":"Not Found","more":1}"#).unwrap();
        assert_eq!(problem, Problem { status: 404, message: "Not Found".into(), ..Problem::default() });
    }

    #[test]
    fn reasons_say_only_what_they_know() {
        let reason = Reason { rule: "claims.max-duration".into(), message: "too long".into(), ..Reason::default() };
        let problem = Problem { status: 403, reasons: vec![reason], ..Problem::default() };
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"status":403,"message":"","reasons":[{"rule":"claims.max-duration","message":"too long"}]}"#
        );
    }
}
