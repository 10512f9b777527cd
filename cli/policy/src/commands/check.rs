//! `step policy check`

use std::{fs, io::Write, path::PathBuf};

use anyhow::Context;
use clap::Args;
use policy_runtime::Limits;
use policy_vectors::{Decision, Keys, Suite};
use serde_json::{Value, json};

use super::build::or_none;
use crate::{
    module::{Loaded, wait_for},
    outcome::Outcome,
    table::{self, number},
};

/// Say what a module is, what it needs, and what it makes of its settings
///
/// Loads it as the CA does, gives it the settings, and asks it about an ordinary request.
#[derive(Args)]
pub(crate) struct Check {
    /// The module's file
    module: PathBuf,
    /// Its settings: JSON, or a file of it as @FILE
    #[arg(long, value_name = "JSON")]
    settings: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(crate) fn run(self, answers: &mut dyn Write) -> anyhow::Result<Outcome> {
        let settings = self.settings()?;
        let loaded = Loaded::open(&self.module)?;
        let suite = Suite::ordinary(settings);
        let subject = loaded.subject();
        let case = suite.cases().first().context("there is an ordinary request")?;
        let decision = wait_for(subject.decide(&suite, case, &Keys::default()))??;
        let outcome = Outcome::of(!is_unusable(&decision));
        match self.json {
            true => writeln!(answers, "{}", report(&loaded, &decision)?)?,
            false => self.write(&loaded, &decision, answers)?,
        }
        Ok(outcome)
    }

    fn settings(&self) -> anyhow::Result<Value> {
        let Some(text) = &self.settings else { return Ok(Value::Null) };
        let text = match text.strip_prefix('@') {
            Some(path) => fs::read_to_string(path).with_context(|| format!("reading {path}"))?,
            None => text.clone(),
        };
        serde_json::from_str(&text).context("--settings is no JSON")
    }

    fn write(&self, loaded: &Loaded, decision: &Decision, answers: &mut dyn Write) -> anyhow::Result<()> {
        let module = &loaded.module;
        let grants: Vec<_> = module.grants_needed().map(|(_, grant)| grant).collect();
        writeln!(answers, "{}", self.module.display())?;
        table::write(
            answers,
            &[
                ("size", format!("{} octets", number(loaded.octets.len() as u64))),
                ("sha256", loaded.sha256()),
                ("world", format!("{}, {}", loaded.world(), module.interface())),
                ("imports", or_none(module.imports())),
                ("grants", or_none(&grants)),
                ("rules", or_none(&loaded.rules())),
                (
                    "settings",
                    loaded.settings_schema().map_or_else(|| "it does not say".to_owned(), |text| schema(&text)),
                ),
                ("sample", sample(decision)),
            ],
        )?;
        Ok(())
    }
}

/// The settings were refused, or there was no answer.
fn is_unusable(decision: &Decision) -> bool {
    ["config_errors", "fault"].iter().any(|outcome| decision.answer.get(outcome).is_some())
}

fn report(loaded: &Loaded, decision: &Decision) -> anyhow::Result<Value> {
    let module = &loaded.module;
    let schema = loaded.settings_schema().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    Ok(json!({
        "size": loaded.octets.len(),
        "sha256": loaded.sha256(),
        "world": loaded.world(),
        "exports": module.interface(),
        "imports": module.imports(),
        "grants": loaded.grants(),
        "rules": loaded.rules(),
        "settings_schema": schema,
        "sample": {"answer": decision.answer, "fuel": decision.cost.map(|(fuel, _)| fuel)},
    }))
}

/// A line a member: its name, what it is for, its default.
fn schema(text: &str) -> String {
    let schema: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(members) = schema.get("properties").and_then(Value::as_object) else { return text.to_owned() };
    let line = |(name, member): (&String, &Value)| {
        let description = member.get("description").and_then(Value::as_str).unwrap_or_default();
        let default =
            member.get("default").map_or_else(|| "must be set".to_owned(), |value| format!("default {value}"));
        format!("{name}: {description} ({default})")
    };
    members.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn sample(decision: &Decision) -> String {
    let Value::Object(answer) = &decision.answer else { return String::new() };
    let (what, value) = answer.iter().next().map_or(("nothing", &Value::Null), |(what, value)| (what.as_str(), value));
    let problems = |errors: &Value| {
        let errors = errors.as_array().into_iter().flatten();
        let text = |error: &Value, name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        errors.map(|error| format!("{}: {}", text(error, "path"), text(error, "message"))).collect::<Vec<_>>()
    };
    match (what, decision.cost) {
        ("config_errors", _) => format!("does not accept its settings:\n{}", problems(value).join("\n")),
        (what, None) => format!("{what}: {value}"),
        (what, Some((fuel, _))) => {
            let limit = Limits::default().fuel;
            format!("{what}, {} of {} units of fuel", number(fuel), number(limit))
        }
    }
}
