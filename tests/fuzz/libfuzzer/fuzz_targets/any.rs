//! Any target: `STEP_FUZZ_TARGET` names it.

#![no_main]

#[path = "../../targets/mod.rs"]
mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let names = || targets::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let wanted = std::env::var("STEP_FUZZ_TARGET").unwrap_or_default();
    let found = targets::ALL.iter().find(|(name, _)| *name == wanted);
    found.unwrap_or_else(|| panic!("STEP_FUZZ_TARGET is one of {}", names())).1
});

fuzz_target!(|octets: &[u8]| TARGET(octets));
