//! What a policy may ask of the host, one module an interface of the contract.
//!
//! In a module these are imports; in a native build they reach the [`Host`](crate::testing::Host) a test has put in
//! place. Using a function makes it an import, and an import of `consume_once`, `dns`, `http` or `kv` has to be granted.

#[cfg(target_arch = "wasm32")]
use crate::bindings::{effects::step::policy as effect, pure::step::policy as pure};
#[cfg(not(target_arch = "wasm32"))]
use crate::testing::{calls as effect, calls as pure};

/// Diagnostics, tagged by the host with module, provisioner and request.
pub mod log {
    use super::pure;

    pub use crate::bindings::pure::step::policy::log::Level;
    pub use pure::log::write;

    /// A line the operator wants to read only when looking for something.
    pub fn debug(message: &str) {
        write(Level::Debug, message, &[]);
    }

    /// A line worth keeping.
    pub fn info(message: &str) {
        write(Level::Info, message, &[]);
    }

    /// A line the operator should look into.
    pub fn warn(message: &str) {
        write(Level::Warn, message, &[]);
    }

    /// Hands the text of a panic to the host, which logs it as the reason of the trap that follows.
    #[doc(hidden)]
    #[cfg(target_arch = "wasm32")]
    pub fn report_panics() {
        std::panic::set_hook(Box::new(|panic| pure::log::panicked(&panic.to_string())));
    }
}

/// Public-key and hash primitives, executed by the host's library.
pub mod crypto {
    pub use super::pure::crypto::{digest, hmac, verify};
    pub use crate::bindings::pure::step::policy::crypto::{CryptoError, HashAlgorithm, PublicKey, SignatureAlgorithm};
}

/// JSON Web Signatures (RFC 7515), verified by the host's library.
pub mod jose {
    pub use super::pure::jose::{decode_unverified, verify};
    pub use crate::bindings::pure::step::policy::jose::{JoseError, Jwt};
}

/// X.509 parsing and path validation (RFC 5280), by the host's library.
pub mod x509 {
    pub use super::pure::x509::{decode_pem, parse_certificate, parse_csr, verify_chain};
    pub use crate::bindings::pure::step::policy::x509::ChainError;
}

/// One-time use of anything that is not the credential itself. Needs `"grants": {"consumeOnce": true}`.
pub mod consume_once {
    pub use super::effect::consume_once::consume;
    pub use crate::bindings::effects::step::policy::consume_once::ConsumeError;
}

/// A small durable store, private to the provisioner. Needs `"grants": {"kv": {"maxBytes": …}}`.
pub mod kv {
    pub use super::effect::kv::{compare_and_swap, delete, get, put};
    pub use crate::bindings::effects::step::policy::kv::KvError;
}

/// Outbound HTTP, made by the host. Needs `"grants": {"http": ["https://…"]}`.
pub mod http {
    pub use super::effect::http::{get_cached, send};
    pub use crate::bindings::effects::step::policy::http::{HttpError, Request, Response};
}

/// Look-ups in the DNS, made by the host. Needs `"grants": {"dns": {"names": ["example.com"]}}`. Since contract 0.1.1.
pub mod dns {
    pub use super::effect::dns::look_up;
    pub use crate::bindings::effects::step::policy::dns::{CaaRecord, DnsError, MxRecord, RecordData, RecordType};
}
