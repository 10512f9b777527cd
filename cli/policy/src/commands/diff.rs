//! `step policy diff`

use std::{io::Write, path::PathBuf};

use clap::Args;
use policy_vectors::{Keys, Suite};
use serde_json::{Value, json};

use crate::{
    module::{Loaded, wait_for},
    outcome::Outcome,
};

/// Ask two modules the same vectors, and show where they decide differently
///
/// Ends with 1 when they do. For decisions a CA has recorded see `step policy replay`.
#[derive(Args)]
pub(crate) struct Diff {
    /// The one module
    before: PathBuf,
    /// The other
    after: PathBuf,
    /// The vectors
    #[arg(long, default_value = "vectors", value_name = "DIR")]
    vectors: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(crate) fn run(self, answers: &mut dyn Write) -> anyhow::Result<Outcome> {
        let suite = Suite::read(&self.vectors)?;
        let (before, after) = (Loaded::open(&self.before)?.subject(), Loaded::open(&self.after)?.subject());
        let keys = Keys::default();
        let differences = wait_for(async {
            let mut differences = Vec::new();
            for case in suite.cases() {
                // Each token is signed once for each module; their decisions do not depend on its signature's bits.
                let was = before.decide(&suite, case, &keys).await?.answer;
                let is = after.decide(&suite, case, &keys).await?.answer;
                if was != is {
                    differences.push((case.name(), was, is));
                }
            }
            anyhow::Ok(differences)
        })??;
        if self.json {
            let of = |(name, was, is): &(&str, Value, Value)| json!({"name": name, "before": was, "after": is});
            writeln!(answers, "{}", differences.iter().map(of).collect::<Value>())?;
        } else {
            for (name, was, is) in &differences {
                writeln!(answers, "{name}\n  before {was}\n  after  {is}\n")?;
            }
            writeln!(answers, "{} vectors, {} decided differently", suite.cases().len(), differences.len())?;
        }
        Ok(Outcome::of(differences.is_empty()))
    }
}
