//! From `ca.json` to policies that can be asked: modules are initialised, tokens get their routes.
//!
//! Every problem of every module is reported, with its place in `ca.json`. All of this happens off the serving path.

use super::{
    BoundCheck, Broken, CheckSet, Policies, Provisioner,
    modules::{self, Loaded},
    releases::Release,
    route::Routes,
};
use crate::{
    audience,
    config::{Builtin, Config, Mode, PolicyConfig, PolicyName, ProvisionerConfig},
    effects::World,
    limits,
    metrics::Metrics,
    shadow::Shadows,
    store::{ModuleRecord, Store, StoreError},
};
use bytes::Bytes;
use policy_runtime::{
    Check, Fault, Grants, InitError, Limits, Module, Runtime,
    contract::{
        check::{self, Operations},
        provisioner::{self, Audiences},
        types::ConfigError,
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use thiserror::Error;

impl Policies {
    /// Loads every module `config` names and initialises it for each provisioner it serves.
    ///
    /// A module that cannot be loaded, or does not work, denies its provisioner only: it is among the
    /// [failures](Self::failures). One that everybody's certificates have to pass is an error.
    ///
    /// # Errors
    /// All problems of all modules: configuration, kinds, routing keys that two provisioners claim; with them the failures.
    pub async fn load(
        runtime: &Runtime,
        config: &Config,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Vec<PolicyProblem>> {
        let mut loader = Loader {
            config,
            surroundings,
            modules: HashMap::new(),
            untried: HashMap::new(),
            releases: Vec::new(),
            loaded: Vec::new(),
            problems: Vec::new(),
            failures: Vec::new(),
        };
        loader.compile(runtime).await;
        let nothing = || CheckSet::new(Vec::new(), "", surroundings.shadows);
        let mut policies = Self {
            provisioners: Vec::new(),
            broken: Vec::new(),
            failures: Vec::new(),
            routes: Routes::default(),
            own_checks: nothing(),
            releases: Vec::new(),
            loaded: Mutex::default(),
        };
        for provisioner in &config.authority.provisioners {
            match loader.provisioner(provisioner).await {
                Some(loaded) => policies.provisioners.push(loaded),
                None => policies
                    .broken
                    .push(Broken { provisioner: provisioner.name.clone(), policy: provisioner.policy.as_str().into() }),
            }
        }
        let claims = PolicyName::Builtin(Builtin::Claims);
        let own_checks = loader.check(&claims, None).await.into_iter().collect();
        policies.own_checks = CheckSet::new(own_checks, "", surroundings.shadows);
        if loader.problems.is_empty() {
            policies.add_routes(&mut loader.problems);
        }
        policies.releases = loader.releases;
        policies.loaded = Mutex::new(loader.loaded);
        if loader.problems.is_empty() {
            policies.failures = loader.failures;
            return Ok(policies);
        }
        loader.problems.append(&mut loader.failures);
        Err(loader.problems)
    }

    /// Makes the versions of its signed modules the newest there were. To be called when they are put in force.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn remember_releases(&self, store: &dyn Store) -> Result<(), StoreError> {
        for release in &self.releases {
            release.remember(store).await?;
        }
        Ok(())
    }

    fn add_routes(&mut self, problems: &mut Vec<PolicyProblem>) {
        for (index, provisioner) in self.provisioners.iter().enumerate() {
            for key in &provisioner.module.descriptor().routing_keys {
                if let Err(taken) = self.routes.add(key.clone(), index) {
                    let owner = self.provisioners.get(taken.by).map_or("", |owner| &owner.place);
                    let what = format!("{taken}, {owner}");
                    problems.push(PolicyProblem { place: provisioner.place.clone(), what });
                }
            }
        }
    }
}

/// What is there whatever the configuration says.
pub struct Surroundings<'a> {
    /// Where calls are counted.
    pub metrics: &'a Metrics,
    /// What policies may reach.
    pub world: &'a World,
    /// Where it is kept which versions of signed modules were in use.
    pub store: &'a dyn Store,
    /// Who asks the checks in shadow.
    pub shadows: &'a Arc<Shadows>,
    /// Modules to be taken in the place of those that the configuration means, by their name in it.
    pub shelf: &'a HashMap<String, Bytes>,
}

/// One thing that keeps a configuration from being used.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{place}: {what}")]
pub struct PolicyProblem {
    /// The place in `ca.json`, e.g. `policies.corp` or `authority.provisioners[2].key.kty`.
    pub place: String,
    /// What is wrong there, and what would be right.
    pub what: String,
}

struct Loader<'a> {
    config: &'a Config,
    surroundings: &'a Surroundings<'a>,
    modules: HashMap<PolicyName, Arc<Module>>,
    /// Of modules somebody vouches for, as long as none of them has been initialised.
    untried: HashMap<PolicyName, Release>,
    /// Of those that work.
    releases: Vec<Release>,
    loaded: Vec<ModuleRecord>,
    problems: Vec<PolicyProblem>,
    /// What keeps one provisioner from being served, and nobody else.
    failures: Vec<PolicyProblem>,
}

impl<'a> Loader<'a> {
    /// Reads and compiles every module that is named anywhere, each once.
    async fn compile(&mut self, runtime: &Runtime) {
        let authority = &self.config.authority;
        let used = authority.provisioners.iter().flat_map(|it| std::iter::once(&it.policy).chain(&it.checks));
        let mut names: BTreeSet<PolicyName> = used.chain(&authority.checks).cloned().collect();
        names.insert(PolicyName::Builtin(Builtin::Claims));
        // A module nobody uses is loaded all the same: its problems should not wait for the day it is used.
        names.extend(self.config.policies.keys().cloned().map(PolicyName::Configured));
        for name in names {
            match modules::load(runtime, self.config, self.surroundings, &name).await {
                Ok(Loaded { module, record, release }) => {
                    self.loaded.push(record);
                    self.untried.extend(release.map(|release| (name.clone(), release)));
                    self.modules.insert(name, module);
                }
                Err(error) => self.failure(&name, self.place_of(&name), error.to_string()),
            }
        }
    }

    /// A module has been initialised. Only then is it remembered: one that never worked must not keep away the one
    /// before it.
    fn works(&mut self, name: &PolicyName) {
        self.releases.extend(self.untried.remove(name));
    }

    async fn provisioner(&mut self, config: &ProvisionerConfig) -> Option<Provisioner> {
        let module = self.modules.get(&config.policy)?.clone();
        let policy = self.policy(&config.policy);
        let environment = provisioner::Environment {
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            name: config.name.clone(),
            type_: config.kind.clone(),
            config: config.config.clone(),
            settings: settings(policy),
            global_claims: self.config.authority.claims.to_json(),
            audiences: audiences(&self.config.dns_names),
        };
        let grants = self.grants(&config.policy, &config.name);
        let loaded = policy_runtime::Provisioner::init(&module, environment, &grants, limits_of(policy)).await;
        let (mut checks, mut missing) = (Vec::new(), None);
        for name in self.config.checks(config) {
            match self.check(&name, Some(config)).await {
                Some(check) => checks.push(check),
                // Nobody needs the word of a shadow.
                None if self.mode(&name) == Mode::Shadow => {}
                None => missing = Some(name.as_str().into()),
            }
        }
        let unrestricted_names = policy.is_some_and(|policy| policy.grants.unrestricted_names);
        let reusable = policy.is_some_and(|policy| policy.grants.reusable_tokens);
        match loaded {
            Ok(module) => {
                self.works(&config.policy);
                if self.mode(&config.policy) != Mode::Enforce {
                    let what =
                        "a provisioner's module cannot be in shadow, nor a canary: somebody has to verify its tokens";
                    self.problem(self.place_of(&config.policy), what.to_owned());
                }
                let descriptor = module.descriptor();
                if descriptor.replay == provisioner::ReplayMode::Reusable && !reusable {
                    let what = "the module lets tokens be used again, which is not granted: \
                                add \"reusableTokens\": true to the \"grants\" of its policy if that is meant";
                    self.problem(config.place.clone(), what.to_owned());
                }
                Some(Provisioner {
                    name: config.name.clone(),
                    place: config.place.clone(),
                    missing,
                    kind: extension_type(&config.kind),
                    credential_id: descriptor.credential_id.clone(),
                    replay: descriptor.replay,
                    module,
                    meter: self.surroundings.metrics.of_policy(config.policy.as_str()),
                    policy: config.policy.as_str().into(),
                    unrestricted_names,
                    renewal_grace: self.renewal_grace(config),
                    checks: CheckSet::new(checks, &config.name, self.surroundings.shadows),
                })
            }
            Err(error) => {
                self.refused(&config.place, &config.policy, error);
                None
            }
        }
    }

    fn renewal_grace(&self, config: &ProvisionerConfig) -> Duration {
        config.claims.clone().unwrap_or_default().or(&self.config.authority.claims).renewal_grace()
    }

    /// A check for the certificates of one provisioner, or for those of none.
    async fn check(&mut self, name: &PolicyName, provisioner: Option<&ProvisionerConfig>) -> Option<BoundCheck> {
        let module = self.modules.get(name)?.clone();
        let policy = self.policy(name);
        let authority = &self.config.authority;
        let claims = provisioner.and_then(|provisioner| provisioner.claims.as_ref());
        let environment = check::Environment {
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            provisioner_name: provisioner.map(|it| it.name.clone()).unwrap_or_default(),
            provisioner_type: provisioner.map(|it| it.kind.clone()).unwrap_or_default(),
            settings: settings(policy),
            global_claims: authority.claims.to_json(),
            claims: claims.map_or_else(|| "null".to_owned(), |claims| claims.to_json()),
            backdate: super::nanos(authority.backdate),
        };
        let grants = self.grants(name, &environment.provisioner_name);
        match Check::init(&module, environment, &grants, limits_of(policy)).await {
            Ok(check) => {
                self.works(name);
                let wanted = check.descriptor().operations;
                let operations = match policy.and_then(|policy| policy.operations) {
                    Some(allowed) => wanted & flags(allowed),
                    None => wanted,
                };
                let extensions = policy.map(|policy| policy.grants.extensions.clone()).unwrap_or_default();
                let meter = self.surroundings.metrics.of_policy(name.as_str());
                let mode = self.mode(name);
                Some(BoundCheck { name: name.as_str().into(), check, meter, operations, extensions, mode })
            }
            Err(error) => {
                let place = provisioner.map_or("authority", |provisioner| &provisioner.place);
                self.refused(place, name, error);
                None
            }
        }
    }

    /// What a module may ask of the world for one provisioner. Without what cannot be had, after that is said.
    fn grants(&mut self, name: &PolicyName, provisioner: &str) -> Grants {
        let Some(policy) = self.policy(name) else { return Grants::default() };
        self.surroundings.world.grants(name.as_str(), policy, provisioner).unwrap_or_else(|error| {
            self.failure(name, format!("{}.grants.{}", policy.place, error.member()), error.to_string());
            Grants::default()
        })
    }

    /// Turns what `init` says into problems at places in `ca.json`.
    fn refused(&mut self, place: &str, name: &PolicyName, error: InitError) {
        match error {
            InitError::Config(errors) => {
                let settings = self.place_of(name);
                for ConfigError { path, message } in errors {
                    self.problem(locate(place, &settings, path.as_deref()), format!("{message} ({})", name.as_str()));
                }
            }
            InitError::Fault(fault @ Fault::WrongKind { .. }) => {
                self.problem(place.to_owned(), format!("{}: {fault}", name.as_str()));
            }
            InitError::Fault(fault) => self.failure(name, place.to_owned(), format!("{}: {fault}", name.as_str())),
        }
    }

    /// A module that cannot be used: a problem of everybody when everybody's certificates have to pass it.
    fn failure(&mut self, name: &PolicyName, place: String, what: String) {
        let is_everybodys = self.config.authority.checks.contains(name) && self.mode(name) != Mode::Shadow;
        if is_everybodys || matches!(name, PolicyName::Builtin(_)) {
            return self.problem(place, what);
        }
        let failure = PolicyProblem { place, what };
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    fn problem(&mut self, place: String, what: String) {
        let problem = PolicyProblem { place, what };
        // A check of the authority says the same once for every provisioner.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn policy(&self, name: &PolicyName) -> Option<&'a PolicyConfig> {
        match name {
            PolicyName::Builtin(_) => None,
            PolicyName::Configured(name) => self.config.policies.get(name),
        }
    }

    fn mode(&self, name: &PolicyName) -> Mode {
        self.policy(name).map(|policy| policy.mode).unwrap_or_default()
    }

    fn place_of(&self, name: &PolicyName) -> String {
        self.policy(name).map_or_else(|| name.as_str().to_owned(), |policy| policy.place.clone())
    }
}

/// The place in `ca.json` of a JSON pointer into what `init` was given.
fn locate(provisioner: &str, policy: &str, pointer: Option<&str>) -> String {
    let Some(pointer) = pointer else { return provisioner.to_owned() };
    let mut parts = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let mut place = match parts.next().as_deref() {
        Some("settings") => format!("{policy}.settings"),
        Some("global-claims") => "authority.claims".to_owned(),
        Some("claims") => format!("{provisioner}.claims"),
        _ => provisioner.to_owned(),
    };
    for part in parts {
        match part.parse::<usize>() {
            Ok(index) => place.push_str(&format!("[{index}]")),
            Err(_) => place.push_str(&format!(".{part}")),
        }
    }
    place
}

/// The number of a provisioner type in the provisioner extension, as upstream counts them; 0 for a type it does not
/// know.
fn extension_type(kind: &str) -> i64 {
    const UPSTREAM: [&str; 11] =
        ["JWK", "OIDC", "GCP", "AWS", "Azure", "ACME", "X5C", "K8sSA", "SSHPOP", "SCEP", "Nebula"];
    UPSTREAM.iter().zip(1..).find(|(name, _)| name.eq_ignore_ascii_case(kind)).map_or(0, |(_, number)| number)
}

/// What tokens may carry as audience.
fn audiences(dns_names: &[String]) -> Audiences {
    let urls = |operation| audience::urls(dns_names, operation);
    let mut sign = urls("sign");
    sign.push(LEGACY_AUDIENCE.to_owned());
    Audiences { sign, renew: urls("renew"), revoke: urls("revoke") }
}

/// An audience from before audiences were URLs; it signs and does nothing else.
const LEGACY_AUDIENCE: &str = "step-certificate-authority";

fn settings(policy: Option<&PolicyConfig>) -> String {
    policy.map_or_else(|| "null".to_owned(), |policy| policy.settings.clone())
}

fn limits_of(policy: Option<&PolicyConfig>) -> Limits {
    let Some(PolicyConfig { limits: own, .. }) = policy else { return Limits::default() };
    let size = |octets: u64| usize::try_from(octets).unwrap_or(usize::MAX);
    Limits {
        fuel: own.fuel,
        deadline: own.time,
        memory: size(own.memory),
        output: size(own.output),
        host_calls: u32::try_from(own.host_calls).unwrap_or(u32::MAX),
        waiting: limits::POLICY_WAITING,
        ..Limits::default()
    }
}

fn flags(allowed: crate::config::Operations) -> Operations {
    let mut operations = Operations::empty();
    for (flag, allowed) in [
        (Operations::SIGN, allowed.sign),
        (Operations::RENEW, allowed.renew),
        (Operations::REKEY, allowed.rekey),
        (Operations::FINALIZE, allowed.finalize),
    ] {
        if allowed {
            operations |= flag;
        }
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_of_a_module_becomes_a_place_in_the_file() {
        let at = |pointer| locate("authority.provisioners[2]", "policies.corp", Some(pointer));
        assert_eq!(at("/config/key/kty"), "authority.provisioners[2].key.kty");
        assert_eq!(at("/settings/allowed/0"), "policies.corp.settings.allowed[0]");
        assert_eq!(at("/claims/maxTLSCertDuration"), "authority.provisioners[2].claims.maxTLSCertDuration");
        assert_eq!(at("/global-claims/minTLSCertDuration"), "authority.claims.minTLSCertDuration");
        assert_eq!(locate("authority.provisioners[2]", "policies.corp", None), "authority.provisioners[2]");
    }

    #[test]
    fn audiences_are_every_name_with_every_path_in_lower_case() {
        let audiences = audiences(&["CA.example.com".to_owned(), "::1".to_owned()]);
        assert_eq!(
            audiences.sign,
            [
                "https://ca.example.com/1.0/sign",
                "https://ca.example.com/sign",
                "https://[::1]/1.0/sign",
                "https://[::1]/sign",
                "step-certificate-authority"
            ]
        );
        assert_eq!(audiences.revoke.len(), 4);
    }

    #[test]
    fn provisioner_types_have_upstream_numbers() {
        assert_eq!(["JWK", "jwk", "ACME", "Nebula", "machines"].map(extension_type), [1, 1, 6, 11, 0]);
    }
}
