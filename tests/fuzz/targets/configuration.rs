//! What operators write.

use std::path::Path;

use clap::Parser;
use step_ca::{args::Args, config::Config};

use super::text;

/// A `ca.json`. Whatever is wrong with it has words.
pub(super) fn ca_json(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    match Config::parse(text, Path::new("/step/config/ca.json")) {
        Ok((config, _)) => {
            serde_json::from_str::<serde_json::Value>(text).expect("what is taken is JSON");
            assert!(!config.roots.is_empty() && !config.dns_names.is_empty());
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}

/// The command line of `step-ca`: words between line ends.
pub(super) fn server_arguments(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    if let Err(error) = Args::try_parse_from(std::iter::once("step-ca").chain(text.split('\n'))) {
        assert!(!error.to_string().is_empty());
    }
}
