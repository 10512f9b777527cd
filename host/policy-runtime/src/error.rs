//! What can go wrong between the host and a policy.
//!
//! A [`Fault`] is never an answer: nothing may be signed because of one, and a client learns only that the CA failed.
//! A policy that says no is not here; that is a [`Denial`](crate::contract::types::Denial) inside an
//! [`Answer`](crate::Answer).

use std::time::Duration;

use crate::contract::types::ConfigError;
use crate::effects::ReplayMismatch;
use crate::module::Kind;

/// A policy that could not be loaded, or a call of one that ended without a usable answer.
///
/// Texts that come from a module are escaped and cut before they get here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    // -- loading -----------------------------------------------------------------------------------------------------
    /// The module exports both interfaces, so its kind cannot be told.
    #[error("exports both a provisioner and a check; a module is one of the two")]
    AmbiguousKind,
    /// Cranelift, or the type check of the compiled component, refused it.
    #[error("does not compile: {reason}")]
    Compile {
        /// The compiler's words.
        reason: String,
    },
    /// Checking and compiling took more of a processor than [`LoadLimits::time`](crate::LoadLimits::time), now or when
    /// the same file was loaded before.
    #[error("takes more than {} s of a processor to compile", limit.as_secs())]
    CompileTooSlow {
        /// The limit.
        limit: Duration,
    },
    /// Compiling did not come to an end within [`LoadLimits::patience`](crate::LoadLimits::patience), since others had
    /// the processor.
    #[error("was not compiled within {} s, in which it had a processor for {:.1} s", waited.as_secs(), spent.as_secs_f64())]
    CompileUnfinished {
        /// How long it was waited for.
        waited: Duration,
        /// What it had of a processor.
        spent: Duration,
    },
    /// Another module was being compiled, and it did not come to an end in time.
    #[error("waited {} s for the compilation of another module to end", waited.as_secs())]
    CompilerBusy {
        /// How long this one waited.
        waited: Duration,
    },
    /// The module's idea of an imported interface differs from the contract's.
    #[error("imports something the contract does not have: {reason}")]
    ImportMismatch {
        /// Which, in wasmtime's words.
        reason: String,
    },
    /// Not valid WebAssembly, or it needs a feature that policies do not have.
    #[error("is not valid: {reason}")]
    Invalid {
        /// What and at which offset, in the validator's words.
        reason: String,
    },
    /// The component or core module does not export what the contract asks for.
    #[error("does not export `{name}`")]
    MissingExport {
        /// An interface, or `interface#function`.
        name: String,
    },
    /// The module exports neither interface.
    #[error("exports neither `step:policy/provisioner@0.1.0` nor `step:policy/check@0.1.0`")]
    NoKind,
    /// A core module without a `component-type` section: nothing says what its exports mean.
    #[error("is a core module without component metadata; build it with the SDK, or embed the contract's WIT in it")]
    NoMetadata,
    /// A core module whose metadata does not fit its imports and exports.
    #[error("cannot be made a component: {reason}")]
    NotLiftable {
        /// What does not fit, in wit-component's words.
        reason: String,
    },
    /// The file does not begin like WebAssembly in binary form.
    #[error("is not WebAssembly in binary form")]
    NotWasm,
    /// A count in the file is over its cap; such a module would be slow to compile.
    #[error("has {count} {what}, more than {limit}")]
    TooComplex {
        /// What was counted.
        what: &'static str,
        /// How many there are; counting stops soon after the cap.
        count: u64,
        /// The cap.
        limit: u64,
    },
    /// The file is larger than [`LoadLimits::file`](crate::LoadLimits::file).
    #[error("is {size} octets long, more than {limit}")]
    TooLarge {
        /// Size of the file.
        size: usize,
        /// The cap.
        limit: usize,
    },
    /// The import is a capability that `ca.json` has not granted.
    #[error("imports `{import}`, which is not granted; to grant it, write {grant} beside the module in ca.json")]
    UngrantedImport {
        /// The interface.
        import: String,
        /// What to write.
        grant: &'static str,
    },
    /// The import is no part of the contract.
    #[error("imports `{import}`, which no policy can have; only `step:policy` interfaces exist here, and no WASI")]
    UnknownImport {
        /// The import.
        import: String,
    },
    /// A provisioner where a check was asked for, or the other way round.
    #[error("is a {found} module, not a {expected} module")]
    WrongKind {
        /// What was asked for.
        expected: Kind,
        /// What it is.
        found: Kind,
    },
    /// Built against a version of the contract that this host does not speak.
    #[error("uses `{name}`; this host speaks step:policy@0.1")]
    WrongVersion {
        /// The interface with its version.
        name: String,
    },

    // -- calling -----------------------------------------------------------------------------------------------------
    /// As many calls as allowed were running already, and none of them ended in time.
    #[error("waited {} ms for other calls to end", waited.as_millis())]
    Busy {
        /// How long this call waited.
        waited: Duration,
    },
    /// `init` accepted the configuration when the policy was loaded, and refused it in a later call.
    #[error("refused in a call the configuration it had accepted when loaded")]
    ConfigRefusedLater,
    /// Ran longer than [`Limits::deadline`](crate::Limits::deadline).
    #[error("ran longer than {} ms", limit.as_millis())]
    Deadline {
        /// The limit.
        limit: Duration,
    },
    /// Handed more to one host function than [`Limits::host_call_data`](crate::Limits::host_call_data).
    #[error("handed more than {limit} octets to one host call")]
    HostCallTooLarge {
        /// The limit.
        limit: usize,
    },
    /// Something that should not be possible.
    #[error("unexpected failure of the policy host: {reason}")]
    Internal {
        /// What happened.
        reason: String,
    },
    /// The answer, or an argument of a host call, breaks the rules of the component ABI.
    #[error("broke the contract: {reason}")]
    Malformed {
        /// How, in wasmtime's words.
        reason: String,
    },
    /// Used more than [`Limits::fuel`](crate::Limits::fuel).
    #[error("used up its fuel of {limit}")]
    OutOfFuel {
        /// The limit.
        limit: u64,
    },
    /// Asked for more than [`Limits::memory`](crate::Limits::memory).
    #[error("asked for more than {limit} octets of memory")]
    OutOfMemory {
        /// The limit.
        limit: usize,
    },
    /// Answered more than [`Limits::output`](crate::Limits::output).
    #[error("answered more than {limit} octets")]
    OutputTooLarge {
        /// The limit.
        limit: usize,
    },
    /// A replay asked what was not asked when it was recorded: it is not the same module, configuration or request.
    #[error("left the path of its transcript at {0}")]
    Replay(ReplayMismatch),
    /// Called itself too deeply.
    #[error("used up its call stack")]
    StackOverflow,
    /// Asked for more table elements than [`Limits::table_elements`](crate::Limits::table_elements).
    #[error("asked for more than {limit} table elements")]
    TableTooLarge {
        /// The limit.
        limit: usize,
    },
    /// Called more host functions than [`Limits::host_calls`](crate::Limits::host_calls).
    #[error("made more than {limit} host calls")]
    TooManyHostCalls {
        /// The limit.
        limit: u32,
    },
    /// Stopped itself: a panic, an out-of-bounds access, a division by zero.
    #[error("trapped: {trap}{}", panic.as_deref().map(|text| format!(": {text}")).unwrap_or_default())]
    Trapped {
        /// The kind of trap.
        trap: String,
        /// What the module's panic hook said before.
        panic: Option<String>,
    },
}

/// Why a policy could not be put to work.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InitError {
    /// The module works and does not accept its configuration. Texts are escaped and cut; at most 64 problems.
    #[error("does not accept its configuration: {}", problems(.0))]
    Config(Vec<ConfigError>),
    /// The module does not work.
    #[error(transparent)]
    Fault(#[from] Fault),
}

fn problems(errors: &[ConfigError]) -> String {
    let lines = errors.iter().map(|error| match &error.path {
        Some(path) => format!("{path}: {}", error.message),
        None => error.message.clone(),
    });
    lines.collect::<Vec<_>>().join("; ")
}

/// Why the host itself stopped a guest, as it travels up through wasmtime.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("configuration refused")]
    ConfigRefused,
    #[error("deadline passed")]
    Deadline,
    #[error("fuel used up by host calls")]
    Fuel,
    #[error("too many host calls")]
    HostCalls,
    #[error("too much memory")]
    Memory,
    #[error("not as recorded: {0}")]
    Replay(ReplayMismatch),
    #[error("too many table elements")]
    Table,
}
