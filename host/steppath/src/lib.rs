//! `$STEPPATH`: where the files of a CA and its clients live, how they are written, and how they first come to be.
//!
//! ```text
//! $STEPPATH/                0700
//!   certs/                  root_ca.crt, intermediate_ca.crt
//!   secrets/                root_ca_key, intermediate_ca_key, both encrypted
//!   config/                 ca.json, defaults.json
//! ```
//!
//! What it promises: a file is the old one or the new one, never half of either, whatever happens while it is written;
//! nothing is written through a link and nothing is overwritten unasked; modes are what they are meant to be under any
//! umask. A secret that others can read is not read, and the error says which `chmod` mends it.
//!
//! What it does not know: prompts, the clock, the network, and how a CA understands its configuration.

mod ca_json;
mod defaults;
mod error;
mod files;
mod init;
mod json;
mod password;
mod path;
mod secrets;

pub use defaults::Defaults;
pub use error::{FileError, InitError, StepPathError};
pub use files::{Access, NewFile, Overwrite, create_directory, replace, write, write_all};
pub use init::{AuthorityOptions, ExistingRoot, InitOptions, Initialized, Role, WrittenFile, init};
pub use password::{random_password, read_password};
pub use path::StepPath;
pub use secrets::{check_private, read_private};
