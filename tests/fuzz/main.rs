//! Every reader of what comes from outside, on octets nobody would send.
//!
//! A target is a plain function of octets. Here a small mutating driver runs each for a moment, the same way every time;
//! [`libfuzzer/`](libfuzzer) runs the same functions for as long as one likes. A target that returns has passed: what
//! it promises beyond that it asserts itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod driver;
mod targets;

use driver::run;

/// One test a target, by its name in [`targets::ALL`], with so many changed seeds each.
macro_rules! fuzzed {
    ($($name:ident: $cases:literal,)+) => {
        $(#[test]
        fn $name() {
            run(stringify!($name), $cases);
        })+

        #[test]
        fn every_target_is_run() {
            let run = [$(stringify!($name)),+];
            let all: Vec<&str> = targets::ALL.iter().map(|(name, _)| *name).collect();
            assert_eq!(all, run);
        }
    };
}

fuzzed! {
    jws: 4_000,
    claims: 4_000,
    jwk: 1_000,
    jwk_set: 1_000,
    jwe: 4_000,
    pem: 4_000,
    private_key: 1_000,
    certificate: 3_000,
    request: 2_000,
    revocation_list: 3_000,
    ocsp_request: 4_000,
    names: 6_000,
    general_names: 3_000,
    times: 4_000,
    bodies: 3_000,
    ca_json: 400,
    audit_line: 4_000,
    audit_file: 3_000,
    store_file: 24,
    policy_answer: 400,
    host_call: 400,
    module: 60,
    router: 400,
    server_arguments: 400,
    step_arguments: 150,
    manifest: 2_000,
}
