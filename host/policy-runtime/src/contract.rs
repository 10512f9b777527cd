//! The contract's types and functions, generated from `policy-sdk/wit/v0.1`.
//!
//! Nothing here is written by hand: the WIT text is the source, the SDK generates the other side from the same files.
//! [`types`] are the words both worlds share, [`provisioner`] and [`check`] what each world adds.

pub(crate) use check_world::CheckHostPre;
pub(crate) use provisioner_world::ProvisionerHostPre;
pub(crate) use provisioner_world::step::policy as imports;

pub use check_world::exports::step::policy::check;
pub use provisioner_world::exports::step::policy::provisioner;
pub use provisioner_world::step::policy::log::Level as LogLevel;
pub use provisioner_world::step::policy::types;

/// What is asked of capabilities that `ca.json` grants, and what they answer.
pub mod effects {
    pub use super::imports::consume_once::ConsumeError;
    pub use super::imports::dns::{CaaRecord, DnsError, MxRecord, RecordData, RecordType};
    pub use super::imports::http::{HttpError, Request, Response};
    pub use super::imports::kv::KvError;
}

#[allow(missing_docs, reason = "the WIT text is the documentation; the macro adds items of its own")]
mod provisioner_world {
    wasmtime::component::bindgen!({
        path: "../../policy-sdk/wit/v0.1",
        world: "provisioner-host",
        imports: {
            // These wait for something.
            "step:policy/consume-once": async | trappable,
            "step:policy/dns": async | trappable,
            "step:policy/http": async | trappable,
            "step:policy/kv": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        additional_derives: [PartialEq, Eq],
    });
}

#[allow(missing_docs, reason = "the WIT text is the documentation; the macro adds items of its own")]
mod check_world {
    wasmtime::component::bindgen!({
        path: "../../policy-sdk/wit/v0.1",
        world: "check-host",
        imports: { default: trappable },
        exports: { default: async },
        additional_derives: [PartialEq, Eq],
        with: {
            "step:policy/types": super::provisioner_world::step::policy::types,
            "step:policy/log": super::provisioner_world::step::policy::log,
            "step:policy/crypto": super::provisioner_world::step::policy::crypto,
            "step:policy/jose": super::provisioner_world::step::policy::jose,
            "step:policy/x509": super::provisioner_world::step::policy::x509,
            "step:policy/consume-once": super::provisioner_world::step::policy::consume_once,
            "step:policy/dns": super::provisioner_world::step::policy::dns,
            "step:policy/kv": super::provisioner_world::step::policy::kv,
            "step:policy/http": super::provisioner_world::step::policy::http,
        },
    });
}
