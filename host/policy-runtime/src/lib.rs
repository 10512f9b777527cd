//! WebAssembly policies under control.
//!
//! ```text
//!  bytes ──► Runtime::load ──► Module ──► Provisioner::init ──► authorize_sign ──► Answer { grant | denial }
//!            checked, compiled            Check::init       ──► review         ──► Answer { edits | denial }
//!            and linked once              configured once       a fresh instance for every call
//! ```
//!
//! What it promises:
//!
//! * **No ambient powers.** A policy sees its arguments and calls what [`contract`] declares and `ca.json` grants. There
//!   is no WASI, clock, randomness, environment, file or network. Imports are checked before anything runs.
//! * **Bounded.** Every call has [`Limits`]: fuel, time, memory, tables, stack, output, host calls. Loading has
//!   [`LoadLimits`]. A policy that exceeds one is stopped, and nobody else notices: guests yield at every millisecond,
//!   and more calls than there are places for wait their turn.
//! * **Nothing is left behind.** Each call gets an instance of its own, made from a template; the next one sees the
//!   memory the module was built with.
//! * **Repeatable.** The same module, configuration and request give the same answer for the same fuel. What the world
//!   outside answered is in the [`Transcript`] of the call, and can be answered again.
//! * **A fault is no answer.** [`Fault`] and [`Denial`](contract::types::Denial) are different types, in different
//!   places of a result. What comes back is bounded and its text escaped before anybody sees it.
//!
//! What it does not know: X.509 issuance, HTTP, `ca.json`, the time. A policy's answer is a request; whoever asked
//! enforces it.

// What is read here comes from outside: no slip may end in a panic.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]

mod answer;
mod assignment;
mod cache;
mod call;
mod check;
mod compiling;
pub mod contract;
mod effects;
mod engine;
mod error;
pub mod file;
mod grants;
mod imports;
mod inspect;
mod interface;
mod limits;
mod module;
mod output;
mod processor_time;
mod provisioner;
mod runtime;
mod state;
mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod text;
mod trace;
pub mod words;

pub use answer::Answer;
pub use check::Check;
pub use effects::{ConsumeOnce, Dns, Http, KeyValue, ReplayMismatch, Reply, Transcript, TranscriptError};
pub use error::{Fault, InitError};
pub use grants::Grants;
pub use limits::{Limits, LoadLimits};
pub use module::{Kind, Module};
pub use provisioner::Provisioner;
pub use runtime::{Runtime, RuntimeConfig};
pub use text::printable;
pub use trace::{LogLine, Trace};
