//! `step policy test`

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use policy_vectors::{Case, Decision, Difference, Keys, Suite, update};
use serde_json::{Value, json};

use crate::{
    module::{Loaded, wait_for},
    outcome::Outcome,
    project::Project,
};

/// Ask the policy what its vectors ask, and compare
///
/// Compiles the project first, unless --module names a file. Ends with 0 when every decision is as written, with 1 when
/// one is not, and with 2 when the vectors could not be asked.
#[derive(Args)]
pub(crate) struct Test {
    #[command(flatten)]
    sources: Sources,
    /// Only vectors whose name has this in it
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write what was decided into the vectors
    #[arg(long)]
    update: bool,
    /// End with 1 also when a rule of the module was broken by no vector
    #[arg(long)]
    require_coverage: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where the module and its vectors come from.
#[derive(Args)]
pub(crate) struct Sources {
    /// The project
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
    /// This module instead of the project's
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// These vectors instead of those in DIR/vectors
    #[arg(long, value_name = "DIR")]
    vectors: Option<PathBuf>,
}

impl Sources {
    pub(crate) fn open(&self, talk: &mut dyn Write) -> anyhow::Result<(Loaded, Suite)> {
        let vectors = |of_project: PathBuf| self.vectors.clone().unwrap_or(of_project);
        Ok(match &self.module {
            Some(module) => (Loaded::open(module)?, Suite::read(&vectors(vectors_of(&self.folder)))?),
            None => {
                let project = Project::open(&self.folder)?;
                let suite = Suite::read(&vectors(project.vectors()))?;
                (Loaded::of(project.build(talk)?, &project.module().display().to_string())?, suite)
            }
        })
    }
}

/// The folder's own `vectors`, or the folder when it is one of vectors.
fn vectors_of(folder: &Path) -> PathBuf {
    if folder.join("base.json").is_file() { folder.to_owned() } else { folder.join("vectors") }
}

/// What became of one vector.
struct Tried<'s> {
    case: &'s Case,
    decision: Decision,
    difference: Option<Difference>,
}

impl Test {
    pub(crate) fn run(self, answers: &mut dyn Write, talk: &mut dyn Write) -> anyhow::Result<Outcome> {
        let (loaded, suite) = self.sources.open(talk)?;
        let tried = self.ask(&loaded, &suite)?;
        if self.update {
            return write_back(&suite, &tried, answers);
        }
        let coverage = Coverage::of(&loaded, &tried, self.filter.is_some());
        match self.json {
            true => writeln!(answers, "{}", report(&tried, &coverage))?,
            false => write(&tried, &coverage, answers)?,
        }
        let is_fine = tried.iter().all(|tried| tried.difference.is_none());
        Ok(Outcome::of(is_fine && (coverage.is_full() || !self.require_coverage)))
    }

    fn ask<'s>(&self, loaded: &Loaded, suite: &'s Suite) -> anyhow::Result<Vec<Tried<'s>>> {
        let is_asked = |case: &&Case| self.filter.as_ref().is_none_or(|text| case.name().contains(text.as_str()));
        let cases: Vec<_> = suite.cases().iter().filter(is_asked).collect();
        anyhow::ensure!(!cases.is_empty(), "there is no vector to ask");
        let (subject, keys) = (loaded.subject(), Keys::default());
        wait_for(async {
            let mut tried = Vec::new();
            for case in cases {
                let decision = subject.decide(suite, case, &keys).await?;
                let difference = case.difference(suite, &decision);
                tried.push(Tried { case, decision, difference });
            }
            Ok(tried)
        })?
    }
}

fn write_back(suite: &Suite, tried: &[Tried<'_>], answers: &mut dyn Write) -> anyhow::Result<Outcome> {
    let mut faults = false;
    for Tried { case, decision, .. } in tried.iter().filter(|tried| tried.difference.is_some()) {
        if decision.answer.get("fault").is_some() {
            faults = true;
            writeln!(answers, "left as it is: {}: {}", case.name(), decision.answer)?;
        } else {
            update(suite, case, &decision.answer)?;
            writeln!(answers, "updated: {}", case.name())?;
        }
    }
    Ok(Outcome::of(!faults))
}

fn write(tried: &[Tried<'_>], coverage: &Coverage, answers: &mut dyn Write) -> anyhow::Result<()> {
    for Tried { case, difference, .. } in tried {
        let Some(Difference { expected, got }) = difference else { continue };
        writeln!(answers, "differs: {} ({})", case.name(), case.file().display())?;
        match expected {
            Some(expected) => writeln!(answers, "  expected {expected}\n  got      {got}\n")?,
            None => writeln!(answers, "  expects nothing yet; `--update` writes {got}\n")?,
        }
    }
    let different = tried.iter().filter(|tried| tried.difference.is_some()).count();
    match different {
        0 => writeln!(answers, "{} vectors, all as written", tried.len())?,
        different => writeln!(answers, "{} vectors, {different} not as written", tried.len())?,
    }
    coverage.write(answers)
}

fn report(tried: &[Tried<'_>], coverage: &Coverage) -> Value {
    let vectors = tried.iter().map(|Tried { case, decision, difference }| {
        json!({
            "name": case.name(),
            "file": case.file(),
            "as_written": difference.is_none(),
            "answer": decision.answer,
            "expected": difference.as_ref().and_then(|difference| difference.expected.clone()),
            "fuel": decision.cost.map(|(fuel, _)| fuel),
        })
    });
    let vectors: Value = vectors.collect();
    json!({"vectors": vectors, "rules": {"broken": coverage.broken, "never_broken": coverage.never, "undeclared": coverage.undeclared}})
}

/// Which rules of the module some vector breaks.
struct Coverage {
    broken: BTreeSet<String>,
    never: BTreeSet<String>,
    /// Named by a refusal, and not among those the module says it has.
    undeclared: BTreeSet<String>,
    is_partial: bool,
}

impl Coverage {
    fn of(loaded: &Loaded, tried: &[Tried<'_>], is_partial: bool) -> Self {
        let declared: BTreeSet<String> = loaded.rules().into_iter().collect();
        let broken: BTreeSet<String> = tried.iter().flat_map(|tried| tried.decision.rules.clone()).collect();
        Self {
            never: declared.difference(&broken).cloned().collect(),
            undeclared: if declared.is_empty() {
                BTreeSet::new()
            } else {
                broken.difference(&declared).cloned().collect()
            },
            broken,
            is_partial,
        }
    }

    fn is_full(&self) -> bool {
        self.never.is_empty() && self.undeclared.is_empty()
    }

    fn write(&self, answers: &mut dyn Write) -> anyhow::Result<()> {
        writeln!(answers, "{} rules broken by some vector", self.broken.len())?;
        if !self.is_partial {
            for rule in &self.never {
                writeln!(answers, "never broken: {rule}")?;
            }
        }
        for rule in &self.undeclared {
            writeln!(answers, "not among the `rules` of the module: {rule}")?;
        }
        Ok(())
    }
}
