//! An answer of a policy, bounded before anybody looks at it.

use crate::call::Call;
use crate::contract::types::{ConfigError, Denial, Reason};
use crate::error::Fault;
use crate::output::Octets;
use crate::text::printable;
use crate::trace::Trace;

/// What a policy answered, and what it took.
///
/// `Err` is a refusal by a rule, cut and escaped. Text of any other answer is as long as the limit on output allows and as
/// the policy wrote it: data, to be parsed by whoever asked, and to be escaped before it is shown. That something went wrong is a [`Fault`](crate::Fault) instead of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<T> {
    /// The answer itself.
    pub value: Result<T, Denial>,
    /// Cost and log lines.
    pub trace: Trace,
}

/// Longest text of a refusal or of a configuration problem, in octets.
const TEXT: usize = 1 << 10;
/// Most reasons of one refusal.
const REASONS: usize = 16;
/// Most details of one refusal.
const DETAILS: usize = 64;
/// Most problems of one configuration.
const CONFIG_ERRORS: usize = 64;

/// Ends a call with an answer that may be shown around.
pub(crate) fn answer<T: Octets>(
    call: Call<'_>,
    outcome: wasmtime::Result<Result<T, Denial>>,
) -> Result<Answer<T>, Fault> {
    let (value, trace) = call.finish(outcome)?;
    Ok(Answer { value: value.map_err(bounded_denial), trace })
}

/// Cuts a refusal to what the contract promises: 16 reasons, texts of 1 KiB, no control characters.
fn bounded_denial(denial: Denial) -> Denial {
    Denial {
        kind: denial.kind,
        message: printable(denial.message, TEXT),
        reasons: denial.reasons.into_iter().take(REASONS).map(bounded_reason).collect(),
        public_message: denial.public_message.map(|text| printable(text, TEXT)),
        details: denial
            .details
            .into_iter()
            .take(DETAILS)
            .map(|(name, value)| (printable(name, TEXT), printable(value, TEXT)))
            .collect(),
    }
}

fn bounded_reason(reason: Reason) -> Reason {
    let text = |text: Option<String>| text.map(|text| printable(text, TEXT));
    Reason {
        rule: printable(reason.rule, TEXT),
        message: printable(reason.message, TEXT),
        field: text(reason.field),
        got: text(reason.got),
        want: text(reason.want),
        hint: text(reason.hint),
    }
}

/// Cuts a list of configuration problems. It is never empty: a module that refuses says why, or is told to.
pub(crate) fn bounded_config_errors(errors: Vec<ConfigError>) -> Vec<ConfigError> {
    if errors.is_empty() {
        return vec![ConfigError { path: None, message: "the module gave no reason".to_owned() }];
    }
    let bounded = |error: ConfigError| ConfigError {
        path: error.path.map(|path| printable(path, TEXT)),
        message: printable(error.message, TEXT),
    };
    errors.into_iter().take(CONFIG_ERRORS).map(bounded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::types::DenialKind;

    #[test]
    fn a_refusal_is_cut_and_escaped() {
        let reason = Reason {
            rule: "r".into(),
            message: "x".repeat(2_000),
            field: None,
            got: Some("\x1b[2J".into()),
            want: None,
            hint: None,
        };
        let denial = bounded_denial(Denial {
            kind: DenialKind::Forbidden,
            message: "line\nline".into(),
            reasons: vec![reason; 17],
            public_message: None,
            details: Vec::new(),
        });
        assert_eq!(denial.message, "line\\nline");
        assert_eq!(denial.reasons.len(), 16);
        assert_eq!(denial.reasons[0].message.len(), 1_024);
        assert_eq!(denial.reasons[0].got.as_deref(), Some("\\u{1b}[2J"));
    }
}
