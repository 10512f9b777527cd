//! `step-ca explain` and `step-ca replay`: decisions, made again.

use std::{fmt::Write as _, fs, path::PathBuf, str::FromStr};

use api_types::RequestedTime;
use authority::Timestamp;
use certs::TimeFlag;
use clap::Args;
use policy_runtime::printable;

use super::{ConfigFlag, OperatorError};
use crate::{
    admission::SignRequest,
    app,
    replay::{Certified, Changed, Comparison, Exchange, Explanation, Replay, ReplayError, Step, Verdict},
};

/// What is to be printed, and whether everything came out as it is on record.
pub type Told = (String, bool);

/// Which decisions, and by which rules.
#[derive(Args, Debug)]
struct Common {
    #[command(flatten)]
    config: ConfigFlag,
    /// The store, where it is not the one of the configuration
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Take this file for the module of a policy; may be given several times
    #[arg(long = "module", value_name = "NAME=FILE")]
    modules: Vec<ModuleFlag>,
    /// Print JSON, as host/REPLAY.md describes it
    #[arg(long)]
    json: bool,
}

impl Common {
    async fn open(&self) -> Result<Replay, OperatorError> {
        let config = self.config.load()?;
        let store = self.store.clone().unwrap_or_else(|| config.store.clone());
        let cache = app::cache_of(&config);
        Ok(Replay::open(&store, config, &cache).await?)
    }

    fn exchanges(&self) -> Vec<Exchange> {
        let exchange =
            |ModuleFlag { policy, path }: &ModuleFlag| Exchange { policy: policy.clone(), path: path.clone() };
        self.modules.iter().map(exchange).collect()
    }
}

/// `name=path`
#[derive(Clone, Debug)]
struct ModuleFlag {
    policy: String,
    path: PathBuf,
}

impl FromStr for ModuleFlag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.split_once('=') {
            Some((policy, path)) if !policy.is_empty() && !path.is_empty() => {
                Ok(Self { policy: policy.to_owned(), path: path.into() })
            }
            _ => Err("write the name of a policy, =, and the path of a file"),
        }
    }
}

/// `step-ca explain`
///
/// A decision that is on record is made again with the configuration and the modules of then, without asking anybody and
/// without the issuing key; a request that is given by hand is decided with those of now, and signed by nobody. Ends with
/// 3 when a decision does not come out as it is on record.
#[derive(Args, Debug)]
pub struct Explain {
    /// Identifier of a decision, as clients and the audit log are told
    #[arg(value_name = "ID", required_unless_present = "csr")]
    id: Option<String>,
    /// A certification request in PEM, in place of a decision
    #[arg(long, value_name = "FILE", conflicts_with = "id", requires = "token_file")]
    csr: Option<PathBuf>,
    /// File with the token that goes with it
    #[arg(long, value_name = "FILE", requires = "csr")]
    token_file: Option<PathBuf>,
    /// The time to decide at: RFC 3339, or a duration from now
    #[arg(long, value_name = "TIME", requires = "csr")]
    at: Option<TimeFlag>,
    #[command(flatten)]
    common: Common,
}

impl Explain {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// Configuration, store or files cannot be used, or there is no such decision.
    pub fn run(self, now: Timestamp) -> Result<Told, OperatorError> {
        let exchanges = self.common.exchanges();
        let explanation = block_on(async {
            let replay = self.common.open().await?;
            match (&self.id, &self.csr, &self.token_file) {
                (None, Some(csr), Some(token)) => {
                    let read =
                        |path: &PathBuf| fs::read_to_string(path).map_err(|error| OperatorError::file(path, error));
                    let request = SignRequest {
                        csr: read(csr)?,
                        token: read(token)?,
                        not_before: RequestedTime::Unset,
                        not_after: RequestedTime::Unset,
                        template_data: None,
                    };
                    let now = self.at.map_or(now, |at| at.resolve(now));
                    Ok(replay.explain_request(&request, now, &exchanges).await?)
                }
                (id, _, _) => Ok(replay.explain(id.as_deref().unwrap_or_default(), &exchanges).await?),
            }
        })?;
        let agrees = explanation.entry.is_none() || explanation.agrees();
        let text = if self.common.json { json(&explanation)? } else { story(&explanation) };
        Ok((text, agrees))
    }
}

/// `step-ca replay`
///
/// Every decision of a span of time is made again by the rules of a configuration. Nothing is signed or written, and
/// nobody is asked: what the world answered then it answers again. Ends with 3 when something would come out differently.
#[derive(Args, Debug)]
pub struct ReplayFlags {
    /// From then on: RFC 3339, or a duration such as -720h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<TimeFlag>,
    /// Before then
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<TimeFlag>,
    #[command(flatten)]
    common: Common,
}

impl ReplayFlags {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// Configuration or store cannot be used.
    pub fn run(self, now: Timestamp) -> Result<Told, OperatorError> {
        let exchanges = self.common.exchanges();
        let at = |flag: Option<TimeFlag>| flag.map(|flag| flag.resolve(now));
        let (since, until) = (at(self.since), at(self.until));
        let comparison = block_on(async {
            let replay = self.common.open().await?;
            Ok(replay.over(since, until, &exchanges).await?)
        })?;
        let text = if self.common.json { json(&comparison)? } else { table(&comparison) };
        Ok((text, comparison.is_same()))
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, OperatorError>>) -> Result<T, OperatorError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ReplayError::Runtime)?;
    runtime.block_on(work)
}

fn json(value: &impl serde::Serialize) -> Result<String, OperatorError> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn story(explanation: &Explanation) -> String {
    let mut text = String::new();
    // Writing into a text does not fail.
    let _ = write_story(explanation, &mut text);
    text
}

fn write_story(explanation: &Explanation, text: &mut String) -> std::fmt::Result {
    let Explanation { entry, recorded, verdict, exact, differences, certificate, steps } = explanation;
    if let Some(entry) = entry {
        let (operation, provisioner) = (entry.operation.as_str(), entry.provisioner.as_deref().unwrap_or("nobody"));
        writeln!(text, "decision     {}, {operation} at {}, provisioner {provisioner}", entry.id, entry.time)?;
    }
    if let Some(recorded) = recorded {
        writeln!(text, "on record    {}", said(recorded))?;
    }
    let with = match (entry, exact) {
        (None, _) => "",
        (Some(_), true) => " (configuration and modules of then)",
        (Some(_), false) => " (other modules than then)",
    };
    writeln!(text, "made again   {}{with}", said(verdict))?;
    if let Some(Certified { subject, names, not_before, not_after }) = certificate {
        let line = format!("{subject}; {}; {not_before} to {not_after}", names.join(", "));
        writeln!(text, "certificate  {}", printable(line, usize::MAX))?;
    }
    for (number, step) in (1..).zip(steps) {
        let Step { policy, sha256, function, answer, fuel, host_calls, asked, log } = step;
        let sha256 = sha256.map(|digest| format!(", sha256 {digest}")).unwrap_or_default();
        writeln!(text, "\n{number}. {policy} {function}{sha256}")?;
        writeln!(text, "   fuel {fuel}, host calls {host_calls}")?;
        if !asked.is_empty() {
            writeln!(text, "   asked {}", asked.join(", "))?;
        }
        for line in log {
            writeln!(text, "   {}: {}", line.level, line.message)?;
        }
        writeln!(text, "   {}", printable(answer.to_string(), usize::MAX))?;
    }
    for difference in differences {
        writeln!(text, "\nDIFFERENT: {difference}")?;
    }
    Ok(())
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allow => "allow".to_owned(),
        Verdict::Deny { rule: Some(rule), message } => format!("deny by {rule}: {message}"),
        Verdict::Deny { rule: None, message } => format!("deny: {message}"),
        Verdict::Fault { message } => format!("fault: {message}"),
        Verdict::Unknown { message } => format!("unknown: {message}"),
    }
}

fn table(comparison: &Comparison) -> String {
    let Comparison { decisions, same, allow_to_deny, deny_to_allow, unknown, changes } = comparison;
    let mut text = format!(
        "{decisions} decisions: {same} the same, {allow_to_deny} allow to deny, {deny_to_allow} deny to allow, \
         {unknown} unknown\n"
    );
    for changed in changes {
        let Changed { id, time, change, operation, names, serial_number, after, .. } = changed;
        let change = match change {
            crate::replay::Change::AllowToDeny => "allow->deny",
            crate::replay::Change::DenyToAllow => "deny->allow",
            crate::replay::Change::Same => "same",
            crate::replay::Change::Unknown => "unknown",
        };
        let serial = serial_number.as_ref().map(|serial| format!(" serial {serial}")).unwrap_or_default();
        let (operation, names, after) = (operation.as_str(), names.join(","), said(after));
        text.push_str(&format!("{change}  {time}  {id}  {operation} {names}{serial}  {after}\n"));
    }
    text
}
