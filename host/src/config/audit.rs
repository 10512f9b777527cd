//! `audit`: where the audit log is written beside the store, and what is kept of each decision.

use std::path::{Path, PathBuf};

use super::{error::Problems, problem::Problem, reader::Field};

/// The `audit` object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditConfig {
    /// A file of JSON lines that has the audit log, too. A relative path in `ca.json` begins at its folder.
    pub file: Option<PathBuf>,
    /// What is kept of a decision beside its entry.
    pub decisions: DecisionRecords,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { file: None, decisions: DecisionRecords::Full }
    }
}

/// What is kept of a decision beside its entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DecisionRecords {
    /// Whatever it takes to decide again.
    Full,
    /// Nothing.
    None,
}

/// Reads the `audit` object.
pub(super) fn read(field: &Field<'_>, ca_json: &Path, problems: &mut Problems) -> Option<AuditConfig> {
    let mut object = field.object(problems)?;
    let folder = ca_json.parent().unwrap_or(Path::new(""));
    let place = |field: Field<'_>, problems: &mut Problems| Some(folder.join(field.path("file", problems)?));
    let file = object.take("file").map_or(Some(None), |field| place(field, problems).map(Some));
    let decisions = match object.take("decisions") {
        None => Some(DecisionRecords::Full),
        Some(field) => match field.string(problems)? {
            "full" => Some(DecisionRecords::Full),
            "none" => Some(DecisionRecords::None),
            other => field.refuse(Problem::Decisions(other.to_owned()), problems),
        },
    };
    object.finish(problems);
    Some(AuditConfig { file: file?, decisions: decisions? })
}
