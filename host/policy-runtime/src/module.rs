//! A module file on its way to something that can be called: bytes → checked → a component → compiled → linked.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use wasmtime::component::{Component, ComponentExportIndex, Linker};
use wit_component::ComponentEncoder;

use crate::call::Guest;
use crate::contract::{CheckHostPre, ProvisionerHostPre};
use crate::error::Fault;
use crate::grants::{Effect, Grants};
use crate::inspect::{Ceiling, Outline, inspect};
use crate::interface;
use crate::limits::LoadLimits;
use crate::runtime::{Shared, sha256};
use crate::state::{self, Hooked, Hooks};
use crate::text::printable;

/// What a module is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Looks at a certificate before it is signed: exports `step:policy/check`.
    Check,
    /// Authenticates clients: exports `step:policy/provisioner`.
    Provisioner,
}

impl Kind {
    /// The functions a module of this kind exports.
    fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Check => &["init", "review"],
            Self::Provisioner => &["init", "authorize-sign", "authorize-renew", "authorize-revoke"],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Check => "check",
            Self::Provisioner => "provisioner",
        })
    }
}

/// A compiled module. Made by [`Runtime::load`](crate::Runtime::load); shared by every provisioner that uses it.
pub struct Module {
    name: String,
    digest: [u8; 32],
    linked: Linked,
    interface: String,
    imports: Vec<String>,
    effects: Vec<(String, Effect)>,
    /// The component, for looking up what it exports.
    component: Component,
    /// How the state of an instance is read and written, when it can be.
    hooks: Option<Hooks>,
    pub(crate) runtime: Arc<Shared>,
}

/// A component whose imports are bound to the host's functions: all that is left to do for a call is to instantiate it.
enum Linked {
    Check(CheckHostPre<Guest>),
    Provisioner(ProvisionerHostPre<Guest>),
}

impl Module {
    pub(crate) fn new(name: String, digest: [u8; 32], checked: &Checked, runtime: Arc<Shared>) -> Result<Self, Fault> {
        // What is kept between starts is what was compiled, which is not always the file.
        let key = sha256(&checked.component);
        let component = runtime.cache.component(&runtime.engine.wasm, &key, &checked.component)?;
        for function in checked.kind.functions() {
            find(&component, &checked.interface, function)?;
        }
        let linked = Linked::new(checked.kind, &component, &runtime.linker)?;
        let hooks = checked.globals.and_then(|globals| Hooks::of(&component, globals));
        let Checked { interface, imports, effects, .. } = checked;
        let (interface, imports, effects) = (interface.clone(), imports.clone(), effects.clone());
        Ok(Self { name, digest, linked, interface, imports, effects, component, hooks, runtime })
    }

    /// The name it was loaded under, for logs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the file as it was given.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What the module is.
    pub fn kind(&self) -> Kind {
        match self.linked {
            Linked::Check(_) => Kind::Check,
            Linked::Provisioner(_) => Kind::Provisioner,
        }
    }

    /// The interfaces it imports that have to be granted, as it names them.
    pub fn effects(&self) -> impl Iterator<Item = &str> {
        self.effects.iter().map(|(import, _)| import.as_str())
    }

    pub(crate) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// The interface it exports, with the version it was built against.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// The interfaces it imports.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The interfaces among its imports that have to be granted, each with what to write in `ca.json`.
    pub fn grants_needed(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.effects.iter().map(|(import, effect)| (import.as_str(), effect.grant()))
    }

    /// Where one of the functions is that every module of this kind exports.
    pub(crate) fn function(&self, name: &str) -> Result<ComponentExportIndex, Fault> {
        find(&self.component, &self.interface, name)
    }

    pub(crate) fn hooks(&self) -> Option<&Hooks> {
        self.hooks.as_ref().filter(|_| !self.has_effects())
    }

    pub(crate) fn check(&self, grants: &Grants) -> Result<CheckHostPre<Guest>, Fault> {
        self.granted(grants)?;
        match &self.linked {
            Linked::Check(pre) => Ok(pre.clone()),
            Linked::Provisioner(_) => Err(Fault::WrongKind { expected: Kind::Check, found: self.kind() }),
        }
    }

    pub(crate) fn provisioner(&self, grants: &Grants) -> Result<ProvisionerHostPre<Guest>, Fault> {
        self.granted(grants)?;
        match &self.linked {
            Linked::Provisioner(pre) => Ok(pre.clone()),
            Linked::Check(_) => Err(Fault::WrongKind { expected: Kind::Provisioner, found: self.kind() }),
        }
    }

    fn granted(&self, grants: &Grants) -> Result<(), Fault> {
        match self.effects.iter().find(|(_, effect)| !grants.include(*effect)) {
            None => Ok(()),
            Some((import, effect)) => Err(Fault::UngrantedImport { import: import.clone(), grant: effect.grant() }),
        }
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name)
            .field("digest", &hex::encode(self.digest))
            .field("kind", &self.kind())
            .finish()
    }
}

impl Linked {
    fn new(kind: Kind, component: &Component, linker: &Linker<Guest>) -> Result<Self, Fault> {
        let pre =
            linker.instantiate_pre(component).map_err(|error| Fault::ImportMismatch { reason: reason(&error) })?;
        match kind {
            Kind::Check => CheckHostPre::new(pre).map(Self::Check),
            Kind::Provisioner => ProvisionerHostPre::new(pre).map(Self::Provisioner),
        }
        .map_err(|error| Fault::Compile { reason: reason(&error) })
    }
}

fn reason(error: &wasmtime::Error) -> String {
    printable(format!("{error:#}"), 512)
}

fn find(component: &Component, interface: &str, function: &str) -> Result<ComponentExportIndex, Fault> {
    let instance = component.get_export_index(None, interface);
    let found = instance.and_then(|instance| component.get_export_index(Some(&instance), function));
    found.ok_or_else(|| missing(interface, function))
}

fn missing(interface: &str, function: &str) -> Fault {
    Fault::MissingExport { name: printable(format!("{interface}#{function}"), 256) }
}

/// A module file that was found fit to be compiled.
pub(crate) struct Checked {
    component: Vec<u8>,
    kind: Kind,
    /// Name of the exported interface, with the version the module was built against.
    interface: String,
    imports: Vec<String>,
    effects: Vec<(String, Effect)>,
    /// Globals that can change, when the component has the functions of [`state`].
    globals: Option<u32>,
}

impl Checked {
    /// Validates the file and everything it names. A core module is made a component on the way.
    pub(crate) fn new(bytes: Vec<u8>, limits: &LoadLimits, ceiling: &Ceiling) -> Result<Self, Fault> {
        if bytes.len() > limits.file {
            return Err(Fault::TooLarge { size: bytes.len(), limit: limits.file });
        }
        match inspect(&bytes, limits, ceiling)? {
            Outline::Component { imports, exports } => return Self::component(bytes, &imports, &exports, None),
            Outline::CoreModule { import_modules, exports, has_metadata } => {
                core_module_is_a_policy(&import_modules, &exports, has_metadata)?;
            }
        };
        if let Some(Hooked { component, globals }) = state::hooked(&bytes, |module| lift(module).ok()) {
            match Self::lifted(component, Some(globals), limits, ceiling) {
                // What the hooks add to the module is not the module's fault: without them it may be within the limits.
                Err(Fault::TooComplex { .. }) => {}
                checked => return checked,
            }
        }
        Self::lifted(lift(&bytes)?, None, limits, ceiling)
    }

    /// Validates what lifting has made.
    fn lifted(component: Vec<u8>, globals: Option<u32>, limits: &LoadLimits, ceiling: &Ceiling) -> Result<Self, Fault> {
        match inspect(&component, limits, ceiling)? {
            Outline::Component { imports, exports } => Self::component(component, &imports, &exports, globals),
            Outline::CoreModule { .. } => Err(Fault::Internal { reason: "lifting made no component".to_owned() }),
        }
    }

    fn component(
        component: Vec<u8>,
        imports: &[String],
        exports: &[String],
        globals: Option<u32>,
    ) -> Result<Self, Fault> {
        let effects = interface::effects(imports.iter().map(String::as_str))?;
        let (kind, interface) = interface::kind(exports.iter().map(String::as_str))?;
        let imports = imports.iter().map(|import| printable(import.clone(), 256)).collect();
        Ok(Self { component, kind, interface, imports, effects, globals })
    }
}

/// The same questions as to a component, asked earlier: wit-component's answers would be about its own business.
fn core_module_is_a_policy(import_modules: &[String], exports: &[String], has_metadata: bool) -> Result<(), Fault> {
    // The newer of two naming schemes prefixes interfaces, and is wit-component's to check.
    const NEWER_NAMES: &str = "cm32p2|";
    interface::effects(import_modules.iter().map(String::as_str).filter(|name| !name.starts_with(NEWER_NAMES)))?;
    if !has_metadata {
        return Err(Fault::NoMetadata);
    }
    if exports.iter().any(|name| name.starts_with(NEWER_NAMES)) {
        return Ok(());
    }
    let interfaces: BTreeSet<_> =
        exports.iter().filter_map(|name| name.split_once('#')).map(|(interface, _)| interface).collect();
    // Functions of records and lists have a twin that frees what they returned.
    let interfaces = interfaces.into_iter().filter(|name| !name.starts_with("cabi_post_"));
    let (kind, interface) = interface::kind(interfaces)?;
    for function in kind.functions() {
        if !exports.iter().any(|name| name.strip_prefix(&interface) == Some(&format!("#{function}"))) {
            return Err(missing(&interface, function));
        }
    }
    Ok(())
}

/// Turns what `cargo build` makes for `wasm32-unknown-unknown` into a component, so that authors need no second tool.
pub(crate) fn lift(module: &[u8]) -> Result<Vec<u8>, Fault> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| Fault::NotLiftable { reason: printable(format!("{error:#}"), 512) })
}
