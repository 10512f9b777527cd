//! How a CA of a test is made.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use authority::{Timestamp, keys::KeySpec};
use jose::Jwk;
use serde_json::{Value, json};
use step_ca::clock::{Clock, Held, System};
use steppath::StepPath;

use super::{Folder, TestCa, TestClock};
use crate::pki::{self, Pki};

/// A CA in the making: PKI, clock, and changes to its `ca.json`.
pub struct Builder {
    clock: TestClock,
    pki: Option<Pki>,
    folder: Folder,
    changes: Vec<Change>,
}

type Change = Box<dyn FnOnce(&mut Value)>;

/// A provisioner beside the first.
pub struct Second {
    /// Its name.
    pub name: &'static str,
    /// Its private key.
    pub key: Jwk,
}

impl Second {
    /// A provisioner with a key of its own.
    pub fn new(name: &'static str) -> Self {
        Self { name, key: pki::new_provisioner_key() }
    }

    /// Its object in `ca.json`.
    pub fn object(&self) -> Value {
        pki::provisioner_object(self.name, &self.key)
    }
}

impl Builder {
    /// A held clock that shows the system's time of this moment.
    pub(super) fn new() -> Self {
        let clock = TestClock::Held(Arc::new(Held::at(System.now())));
        Self { clock, pki: None, folder: Folder::temporary(), changes: Vec::new() }
    }

    /// With a clock that stands still at this time.
    #[must_use]
    pub fn clock_at(mut self, time: Timestamp) -> Self {
        self.clock = TestClock::Held(Arc::new(Held::at(time)));
        self
    }

    /// With the system's clock.
    #[must_use]
    pub fn system_clock(mut self) -> Self {
        self.clock = TestClock::System;
        self
    }

    /// With this PKI.
    #[must_use]
    pub fn pki(mut self, pki: Pki) -> Self {
        self.pki = Some(pki);
        self
    }

    /// With an issuing key of this kind.
    #[must_use]
    pub fn issuer_key(self, kind: KeySpec) -> Self {
        let now = self.now();
        self.pki(Pki::with_issuer_key(now, kind))
    }

    /// In a folder that somebody else removes, where nothing but the PKI and `ca.json` is written.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        let path = StepPath::new(folder).expect("a folder with a name in Unicode");
        self.folder = Folder { path, _temporary: None };
        self
    }

    /// With this changed in `ca.json`.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Value) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// With these claims of the authority.
    #[must_use]
    pub fn claims(self, claims: Value) -> Self {
        self.configure(|ca_json| ca_json["authority"]["claims"] = claims)
    }

    /// With one more provisioner.
    #[must_use]
    pub fn provisioner(self, object: Value) -> Self {
        self.configure(|ca_json| {
            ca_json["authority"]["provisioners"].as_array_mut().expect("there are provisioners").push(object);
        })
    }

    /// With a module under this name, pinned.
    #[must_use]
    pub fn module(self, name: &str, bytes: &[u8]) -> Self {
        self.module_with(name, bytes, json!({}))
    }

    /// With a module under this name, pinned, and more members of its entry in `policies`.
    #[must_use]
    pub fn module_with(self, name: &str, bytes: &[u8], members: Value) -> Self {
        let path = self.module_path(name);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("the folder can be written");
        fs::write(&path, bytes).expect("the folder can be written");
        let mut entry = json!({"path": path, "sha256": step_ca::audit::Digest::of(&[bytes]).to_string()});
        for (member, value) in members.as_object().into_iter().flatten() {
            entry[member] = value.clone();
        }
        let name = name.to_owned();
        self.configure(move |ca_json| ca_json["policies"][name] = entry)
    }

    /// The file of a module.
    pub fn module_path(&self, name: &str) -> PathBuf {
        self.folder.path.base().join("policies").join(format!("{name}.wasm"))
    }

    /// What time it is for the CA.
    pub fn now(&self) -> Timestamp {
        self.clock.shared().now()
    }

    /// Starts it.
    #[track_caller]
    pub fn start(self) -> TestCa {
        self.try_start().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts it, or does not.
    ///
    /// # Errors
    /// What the operator is told.
    pub fn try_start(self) -> Result<TestCa, String> {
        let Self { clock, pki, folder, changes } = self;
        let pki = pki.unwrap_or_else(|| Pki::new(clock.shared().now()));
        pki.write(&folder.path);
        let mut ca_json = pki.ca_json(&folder.path);
        changes.into_iter().for_each(|change| change(&mut ca_json));
        write(&folder.path, &ca_json);
        let mut ca = TestCa {
            folder,
            hierarchies: vec![(pki.root.clone(), pki.intermediate.clone())],
            pki,
            clock,
            ledger: Arc::default(),
            are_all_clients_ours: true,
            running: None,
            client: None,
            has_run: false,
        };
        ca.begin()?;
        Ok(ca)
    }
}

/// Changes the `ca.json` of a folder.
pub(super) fn rewrite(path: &StepPath, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(path.ca_json()).expect("ca.json is there");
    let mut ca_json = serde_json::from_str(&text).expect("ca.json is JSON");
    change(&mut ca_json);
    write(path, &ca_json);
}

fn write(path: &StepPath, ca_json: &Value) {
    pki::write(&path.ca_json(), format!("{ca_json:#}").as_bytes());
}
