//! `policies`: modules by name, what they are granted and what they may use up.
//!
//! These members are ours, so a name nobody knows is an error. Whether a module is a provisioner's or a check, and
//! what its settings mean, is found out when it is loaded.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    error::Problems,
    grants::{self, Grants},
    policy_limits::{self, PolicyLimits},
    problem::{Notice, Problem},
    reader::{Field, Object},
    suggest::nearest,
    trusted_keys::{self, TrustedKey},
};

/// A module that comes with the CA.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Builtin {
    /// Durations and renewals: the check that is always asked first.
    Claims,
    /// Tokens signed with a JSON Web Key.
    Jwk,
}

impl Builtin {
    const ALL: [Self; 2] = [Self::Claims, Self::Jwk];
    const KNOWN: &'static str = "`builtin:claims` and `builtin:jwk`";

    /// Its name in `ca.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claims => "builtin:claims",
            Self::Jwk => "builtin:jwk",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|builtin| builtin.name() == name)
    }
}

/// A policy that exists, by name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PolicyName {
    /// One that comes with the CA.
    Builtin(Builtin),
    /// A name in [`super::Config::policies`].
    Configured(String),
}

impl PolicyName {
    /// As `ca.json` writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Builtin(builtin) => builtin.name(),
            Self::Configured(name) => name,
        }
    }
}

/// An entry of `policies`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyConfig {
    /// The module's file. A relative path is relative to the folder of `ca.json`.
    pub path: PathBuf,
    /// SHA-256 of the file as it is on disk, when it is pinned.
    pub sha256: Option<[u8; 32]>,
    /// The policy its manifest has to name, when that is not the name it has here.
    pub manifest: Option<String>,
    /// JSON for the module's `init`, letter for letter; `null` when there are none.
    pub settings: String,
    /// What it may do beyond deciding.
    pub grants: Grants,
    /// What it may use up.
    pub limits: PolicyLimits,
    /// When it is asked; by default whenever it wants to be.
    pub operations: Option<Operations>,
    /// Whether its word counts.
    pub mode: Mode,
    /// The entry in the file, such as `policies.corp`, for messages about its settings.
    pub place: String,
}

/// Whether what a check says counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mode {
    /// For every request.
    #[default]
    Enforce,
    /// For none: it is asked beside the others, and what it would have refused is counted.
    Shadow,
    /// For so many of a hundred subjects; for the others it is a shadow.
    Canary(u8),
}

/// The operations a check is asked about.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Operations {
    /// A first certificate.
    pub sign: bool,
    /// The same certificate again.
    pub renew: bool,
    /// The same names with another key.
    pub rekey: bool,
    /// A certificate for an ACME order.
    pub finalize: bool,
}

/// Reads the `policies` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<BTreeMap<String, PolicyConfig>> {
    let object = field.object(problems)?;
    let mut policies = BTreeMap::new();
    for (name, field) in object.entries().filter(|(name, _)| *name != trusted_keys::MEMBER) {
        if !is_policy_name(name) {
            field.refuse::<()>(Problem::PolicyName(name.to_owned()), problems);
        }
        if let Some(policy) = policy(&field, problems) {
            policies.insert(name.to_owned(), policy);
        }
    }
    Some(policies)
}

/// Reads the keys that vouch for modules, which stand among them.
pub(super) fn trusted_keys(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<TrustedKey>> {
    // That it is no object is a problem for the policies.
    let mut object = field.object(&mut Problems::default());
    let keys = object.as_mut().and_then(|object| object.take(trusted_keys::MEMBER));
    keys.map_or_else(|| Some(Vec::new()), |keys| trusted_keys::read(&keys, problems))
}

fn is_policy_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn policy(field: &Field<'_>, problems: &mut Problems) -> Option<PolicyConfig> {
    let mut object = field.object(problems)?;
    let path = match object.take("path") {
        Some(path) => path.path("path", problems),
        None => object.refuse("path", Problem::Empty { what: "path", right: "write the path of the module" }, problems),
    };
    let pin = object.take("sha256");
    let sha256 = pin.as_ref().and_then(|field| digest(field, problems));
    if let (None, Some(path)) = (&pin, &path) {
        field.warn(Notice::NotPinned(path.display().to_string()), problems);
    }
    let manifest = object.take("manifest").and_then(|field| manifest(&field, problems));
    let settings = object.take("settings").map_or("null", |field| field.node.text).to_owned();
    let grants = object.take("grants").map_or_else(|| Some(Grants::default()), |field| grants::read(&field, problems));
    let limits = match object.take("limits") {
        Some(field) => policy_limits::read(&field, problems),
        None => Some(PolicyLimits::default()),
    };
    let operations = object.take("operations").and_then(|field| operations(&field, problems));
    let mode = mode(&mut object, problems);
    object.finish(problems);
    let place = field.path.clone();
    let (path, grants, limits) = (path?, grants?, limits?);
    Some(PolicyConfig { path, sha256, manifest, settings, grants, limits, operations, mode: mode?, place })
}

fn mode(object: &mut Object<'_>, problems: &mut Problems) -> Option<Mode> {
    let mode = match object.take("mode") {
        None => Mode::Enforce,
        Some(field) => match field.string(problems)? {
            "enforce" => Mode::Enforce,
            "shadow" => Mode::Shadow,
            other => {
                let suggestion = nearest(other, ["enforce", "shadow"]);
                let problem = Problem::OneOf { got: other.to_owned(), known: "enforce, shadow", suggestion };
                return field.refuse(problem, problems);
            }
        },
    };
    let Some(field) = object.take("canary") else { return Some(mode) };
    if mode == Mode::Shadow {
        return field.refuse(Problem::CanaryInShadow, problems);
    }
    // Of none is a shadow, of all is no canary.
    field.integer(1, 99, problems).and_then(|percent| u8::try_from(percent).ok()).map(Mode::Canary)
}

fn digest(field: &Field<'_>, problems: &mut Problems) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    match hex::decode_to_slice(field.string(problems)?, &mut digest) {
        Ok(()) => Some(digest),
        Err(_) => field.refuse(Problem::Digest, problems),
    }
}

fn manifest(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    match field.string(problems)? {
        "" => {
            let right = "write the name it was signed under, or leave the member out";
            field.refuse(Problem::Empty { what: "manifest", right }, problems)
        }
        name => Some(name.to_owned()),
    }
}

fn operations(field: &Field<'_>, problems: &mut Problems) -> Option<Operations> {
    let mut operations = Operations::default();
    let words = field.array(problems)?;
    if words.is_empty() {
        let right = "name some, or leave the member out";
        return field.refuse(Problem::Empty { what: "operations", right }, problems);
    }
    for word in words {
        match word.string(problems)? {
            "sign" => operations.sign = true,
            "renew" => operations.renew = true,
            "rekey" => operations.rekey = true,
            "finalize" => operations.finalize = true,
            other => {
                let suggestion = nearest(other, ["sign", "renew", "rekey", "finalize"]);
                let known = "sign, renew, rekey, finalize";
                return word.refuse(Problem::OneOf { got: other.to_owned(), known, suggestion }, problems);
            }
        }
    }
    Some(operations)
}

/// The names a file gives to policies, and which of them it uses.
pub(super) struct Names<'t> {
    known: Vec<(&'t str, Field<'t>)>,
    used: Vec<&'t str>,
}

impl<'t> Names<'t> {
    /// The names of the `policies` object, those of broken entries included: one problem is enough.
    pub(super) fn new(policies: Option<&Field<'t>>) -> Self {
        let object = policies.and_then(|field| field.object(&mut Problems::default()));
        let entries = object.iter().flat_map(|object| object.entries());
        Self { known: entries.filter(|(name, _)| *name != trusted_keys::MEMBER).collect(), used: Vec::new() }
    }

    /// The module of a provisioner.
    pub(super) fn provisioner(&mut self, field: &Field<'_>, problems: &mut Problems) -> Option<PolicyName> {
        match self.resolve(field, problems)? {
            PolicyName::Builtin(Builtin::Claims) => {
                let name = Builtin::Claims.name().to_owned();
                field.refuse(Problem::BuiltinKind { name, is: "check", wanted: "provisioner" }, problems)
            }
            policy => Some(policy),
        }
    }

    /// An ordered list of checks. `builtin:claims` always runs, and first, so it may be listed but is not kept.
    pub(super) fn checks(&mut self, field: &Field<'_>, problems: &mut Problems) -> Option<Vec<PolicyName>> {
        let mut checks = Vec::new();
        for field in field.array(problems)? {
            match self.resolve(&field, problems) {
                Some(PolicyName::Builtin(Builtin::Jwk)) => {
                    let name = Builtin::Jwk.name().to_owned();
                    let problem = Problem::BuiltinKind { name, is: "provisioner", wanted: "check" };
                    field.refuse::<()>(problem, problems);
                }
                Some(PolicyName::Builtin(Builtin::Claims)) | None => {}
                Some(check) if checks.contains(&check) => {}
                Some(check) => checks.push(check),
            }
        }
        Some(checks)
    }

    fn resolve(&mut self, field: &Field<'_>, problems: &mut Problems) -> Option<PolicyName> {
        let name = field.string(problems)?;
        if name.starts_with("builtin:") {
            if let Some(builtin) = Builtin::from_name(name) {
                return Some(PolicyName::Builtin(builtin));
            }
            let suggestion = nearest(name, Builtin::ALL.map(Builtin::name));
            let problem = Problem::UnknownBuiltin { name: name.to_owned(), known: Builtin::KNOWN, suggestion };
            return field.refuse(problem, problems);
        }
        match self.known.iter().find(|(known, _)| *known == name) {
            Some((known, _)) => {
                self.used.push(known);
                Some(PolicyName::Configured(name.to_owned()))
            }
            None => {
                let suggestion = nearest(name, self.known.iter().map(|(known, _)| *known));
                field.refuse(Problem::UnknownPolicy { name: name.to_owned(), suggestion }, problems)
            }
        }
    }

    /// Warns about policies nothing refers to.
    pub(super) fn finish(self, problems: &mut Problems) {
        for (_, field) in self.known.iter().filter(|(name, _)| !self.used.contains(name)) {
            field.warn(Notice::UnusedPolicy, problems);
        }
    }
}
