//! The command line of `step-ca`.

use crate::operator::{AuditCommand, CertsCommand, DbCommand, Explain, Recall, ReplayFlags, ShadowReport};
use clap::{Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf, sync::LazyLock};

/// An online certificate authority whose rules are programs
///
/// The configuration is the ca.json that `step ca init` writes; without an argument it is
/// $STEPPATH/config/ca.json.
#[derive(Debug, Parser)]
#[command(name = "step-ca", disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What to do instead of serving
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The configuration file
    // One at most; more are collected to be refused in upstream's words.
    #[arg(value_name = "CONFIG")]
    pub config: Vec<PathBuf>,

    /// File with the password of the intermediate key; trailing white space is not part of it. Under systemd it is the
    /// credential `password`, when there is one and nothing is said
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// Print the version
    #[arg(long, short = 'v', visible_short_alias = 'V')]
    pub version: bool,

    /// Issue certificates although the clock is behind the newest record; this is put on record
    #[arg(long)]
    pub accept_clock: bool,

    /// Serve a CA of your own on this machine: makes a PKI if there is none, and says what to type next
    #[arg(long, conflicts_with_all = ["config", "password_file"])]
    pub dev: bool,

    /// With --dev: where to listen, instead of 127.0.0.1:9443 or, when that is in use, any free port
    #[arg(long, value_name = "ADDRESS", requires = "dev")]
    pub address: Option<SocketAddr>,
}

/// What `step-ca` does instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Follow the audit log, and write it out
    #[command(subcommand)]
    Audit(AuditCommand),
    /// See which certificates were issued, and what has become of them
    #[command(subcommand)]
    Certs(CertsCommand),
    /// Load everything, report every problem, and serve nothing
    Check {
        /// The configuration file
        #[arg(value_name = "CONFIG")]
        config: Option<PathBuf>,
        /// File with the password of the intermediate key
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Check the store, copy it, put a copy back, make it small
    #[command(subcommand)]
    Db(DbCommand),
    /// Tell why a decision came out as it did, question by question
    Explain(Box<Explain>),
    /// Print the limits that requests, modules and connections are held to
    Limits,
    /// List the certificates that a policy module had a say in and that may still be used, and revoke them when asked to
    Recall(Recall),
    /// See what other rules would have made of decisions on record
    Replay(ReplayFlags),
    /// Print the JSON Schema of ca.json, for editors
    Schema,
    /// See what policies in shadow would have refused
    ShadowReport(ShadowReport),
    /// Print this help
    #[command(visible_alias = "h")]
    Help,
    /// Print the version
    Version,
}

/// Product, version and platform, then the day of the release, in the shape upstream prints them.
pub fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // Go's names of platforms, which scripts know.
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        format!("Step CA/{} ({}/{arch})\nRelease Date: unreleased", env!("CARGO_PKG_VERSION"), std::env::consts::OS)
    });
    &TEXT
}
