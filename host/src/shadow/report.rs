//! What checks in shadow have found, as it is kept and shown.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use authority::Timestamp;
use policy_runtime::printable;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Case, Opinion};
use crate::limits;

/// Everything that was found.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    /// By the name in `ca.json`.
    pub policies: BTreeMap<String, Tally>,
    /// What would have been refused, newest last; at most [`limits::SHADOW_LINES`].
    pub lines: VecDeque<Line>,
}

/// What one module has found.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tally {
    /// SHA-256 of its file, in hexadecimal. Another file begins another tally.
    pub sha256: String,
    /// When it was asked first, in Unix seconds.
    pub since: i64,
    /// How often it was asked.
    pub asked: u64,
    /// How often it would let the draft pass.
    pub allowed: u64,
    /// How often it would narrow it.
    pub changed: u64,
    /// How often it would refuse it.
    pub denied: u64,
    /// How often it came to no answer.
    pub failed: u64,
    /// How often it was not asked, because too many were waiting.
    pub skipped: u64,
    /// Of the refusals, those of each rule. There is an end to how many are told apart; the rest is under `other`.
    pub rules: BTreeMap<String, u64>,
}

/// One that would have been refused.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When, in Unix seconds.
    pub time: i64,
    /// By which policy.
    pub policy: String,
    /// By which rule.
    pub rule: String,
    /// Its sentence.
    pub message: String,
    /// Whose certificate it is.
    pub provisioner: String,
    /// Who asked for it.
    pub subject: String,
    /// The request, as the log has it.
    pub request_id: String,
}

/// Octets of a text in the report.
const TEXT: usize = 256;

impl Report {
    /// Reads a report; an empty one when there is no file.
    ///
    /// # Errors
    /// The file cannot be read, or is no report.
    pub fn read(file: &Path) -> Result<Self, ReportError> {
        match fs::read(file) {
            Ok(octets) => serde_json::from_slice(&octets)
                .map_err(|source| ReportError::Malformed { path: file.to_owned(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ReportError::Read { path: file.to_owned(), source }),
        }
    }

    pub(super) fn write(&self, file: &Path) -> Result<(), ReportError> {
        let text = self.to_json();
        let written = steppath::write(file, text.as_bytes(), steppath::Access::Private, steppath::Overwrite::Allow);
        written.map_err(|source| ReportError::Write { path: file.to_owned(), source })
    }

    /// As `--json` prints it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report has no keys that are not strings")
    }

    /// For people: one line a policy, its rules below it, then who would have been refused.
    pub fn to_table(&self) -> String {
        if self.policies.is_empty() {
            return "No policy was asked in shadow yet.\n".to_owned();
        }
        let mut text = String::new();
        let heads = ["POLICY", "ASKED", "ALLOWED", "CHANGED", "DENIED", "FAILED", "SKIPPED"];
        row(&mut text, &heads.map(ToOwned::to_owned));
        for (name, tally) in &self.policies {
            let Tally { asked, allowed, changed, denied, failed, skipped, .. } = tally;
            let numbers = [asked, allowed, changed, denied, failed, skipped].map(ToString::to_string);
            let [asked, allowed, changed, denied, failed, skipped] = numbers;
            row(&mut text, &[name.clone(), asked, allowed, changed, denied, failed, skipped]);
            for (rule, count) in &tally.rules {
                let _ = writeln!(text, "  {count:>7} by {rule}");
            }
        }
        for Line { time, policy, rule, message, provisioner, subject, .. } in &self.lines {
            let time = Timestamp::from_unix(*time);
            let _ = writeln!(text, "{time} {policy} would refuse {subject} of {provisioner}: {message} ({rule})");
        }
        text
    }

    /// The tally of a module, begun when it is another than before.
    pub(super) fn tally(&mut self, policy: &str, digest: [u8; 32], now: Timestamp) -> &mut Tally {
        let sha256 = hex::encode(digest);
        let tally = self.policies.entry(policy.to_owned()).or_default();
        if tally.sha256 != sha256 {
            *tally = Tally { sha256, since: now.as_unix(), ..Tally::default() };
        }
        tally
    }

    pub(super) fn note(&mut self, policy: &str, digest: [u8; 32], case: Case, opinion: Opinion) {
        let tally = self.tally(policy, digest, case.time);
        tally.asked += 1;
        match opinion {
            Opinion::Allow => tally.allowed += 1,
            Opinion::Change => tally.changed += 1,
            Opinion::Fault(_) => tally.failed += 1,
            Opinion::Deny { rule, message } => {
                tally.denied += 1;
                let rule = printable(rule, TEXT);
                let is_known = tally.rules.contains_key(&rule) || tally.rules.len() < limits::METRIC_LABELS;
                *tally.rules.entry(if is_known { rule.clone() } else { "other".to_owned() }).or_default() += 1;
                self.keep(Line {
                    time: case.time.as_unix(),
                    policy: policy.to_owned(),
                    rule,
                    message: printable(message, TEXT),
                    provisioner: printable(case.provisioner, TEXT),
                    subject: printable(case.subject, TEXT),
                    request_id: case.request_id,
                });
            }
        }
    }

    fn keep(&mut self, line: Line) {
        if self.lines.len() >= limits::SHADOW_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

fn row(text: &mut String, cells: &[String; 7]) {
    let [policy, numbers @ ..] = cells;
    let _ = write!(text, "{policy:<24}");
    for number in numbers {
        let _ = write!(text, " {number:>8}");
    }
    text.push('\n');
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The file is not one.
    #[error("{} is no report of policies in shadow: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where it is not.
        source: serde_json::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot keep what policies in shadow have found: {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: steppath::FileError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_refusals_are_told_apart_as_the_limit_and_then_the_oldest_goes() {
        let mut report = Report::default();
        let mut refuse = |number: usize| {
            let case = Case {
                time: Timestamp::from_unix(1_800_000_000),
                request_id: number.to_string(),
                provisioner: "ci".into(),
                subject: "web".into(),
            };
            report.note("corp", [1; 32], case, Opinion::Deny { rule: "hours".into(), message: "no".into() });
            (report.lines.len(), report.lines.front().unwrap().request_id.clone())
        };
        let most = limits::SHADOW_LINES;
        let last: Vec<_> = (0..=most).map(&mut refuse).skip(most - 2).collect();
        let first = |number: usize| number.to_string();
        assert_eq!(last, [(most - 1, first(0)), (most, first(0)), (most, first(1))]);
        assert_eq!(report.policies["corp"].denied, most as u64 + 1, "all of them are counted");
    }
}
