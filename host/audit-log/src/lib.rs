//! The audit log of a CA as a file, and how anybody can tell that it is whole.
//!
//! ```text
//!  {"log":"5f…","after":0,"hash":"c1…"}                     which log, and what comes before this file
//!  {"sequence":1,"id":"…",…,"hash":"9a…"}                   hash = SHA-256(hash before ‖ line without its hash)
//!  {"sequence":2,"id":"…",…,"hash":"07…"}
//! ```
//!
//! A line that was changed, removed, moved or added breaks the [chain](Verifier) where it happened. A cut tail, and a chain
//! that was computed anew, are told by a [`SignedHead`]: it lies beside the file, and can be kept anywhere. [`Check`]
//! follows one file or the several it was rotated into, of one log or of the logs of several replicas.
//!
//! This room knows neither what the lines say nor who writes them; it writes nothing and reads no clock.

mod chain;
mod check;
mod digest;
mod files;
mod head;
mod line;
mod octets;

pub use self::{
    chain::{ChainError, Head, Link, Verifier, verify},
    check::{Chain, Check, Flaw, FlawError},
    digest::Digest,
    files::{Heads, VerifyError, head_of, verify_files},
    head::{HeadError, SignedHead},
    line::{Beginning, LineError, MAX_LINE, chained, parse},
};
