//! A host for native tests, and the calls that reach it.

use std::cell::RefCell;

use crate::{
    bindings::{effects::step::policy as effects, pure::step::policy as pure},
    crypto::{CryptoError, HashAlgorithm, PublicKey, SignatureAlgorithm},
    types::{CertificateInfo, CsrInfo, Timestamp},
};
use effects::{
    consume_once::ConsumeError,
    dns::{DnsError, RecordData, RecordType},
    http::HttpError,
    kv::KvError,
};
use pure::{
    jose::{JoseError, Jwt},
    log::Level,
    x509::ChainError,
};

/// What a policy may call, as the contract has it. Implement what the policy under test uses; anything else panics.
#[expect(unused_variables, reason = "the default answers look at nothing")]
pub trait Host {
    /// `log.write`. Lines are dropped unless this is overridden.
    fn log(&mut self, level: Level, message: &str, fields: &[(String, String)]) {}

    /// `crypto.digest`.
    fn digest(&mut self, algorithm: HashAlgorithm, data: &[u8]) -> Vec<u8> {
        unanswered("crypto.digest")
    }

    /// `crypto.hmac`.
    fn hmac(&mut self, algorithm: HashAlgorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
        unanswered("crypto.hmac")
    }

    /// `crypto.verify`.
    fn verify(
        &mut self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        unanswered("crypto.verify")
    }

    /// `jose.decode-unverified`.
    fn decode_token(&mut self, token: &str) -> Result<Jwt, JoseError> {
        unanswered("jose.decode-unverified")
    }

    /// `jose.verify`.
    fn verify_token(&mut self, token: &str, keys: &str) -> Result<Jwt, JoseError> {
        unanswered("jose.verify")
    }

    /// `x509.parse-certificate`.
    fn parse_certificate(&mut self, certificate: &[u8]) -> Result<CertificateInfo, String> {
        unanswered("x509.parse-certificate")
    }

    /// `x509.parse-csr`.
    fn parse_csr(&mut self, csr: &[u8]) -> Result<CsrInfo, String> {
        unanswered("x509.parse-csr")
    }

    /// `x509.decode-pem`.
    fn decode_pem(&mut self, pem: &str) -> Result<Vec<Vec<u8>>, String> {
        unanswered("x509.decode-pem")
    }

    /// `x509.verify-chain`.
    fn verify_chain(
        &mut self,
        leaf: &[u8],
        intermediates: &[Vec<u8>],
        roots: &[Vec<u8>],
        at: Timestamp,
        ext_key_usages: &[String],
    ) -> Result<Vec<Vec<u8>>, ChainError> {
        unanswered("x509.verify-chain")
    }

    /// `consume-once.consume`.
    fn consume(&mut self, key: &str, expires: Timestamp) -> Result<bool, ConsumeError> {
        unanswered("consume-once.consume")
    }

    /// `kv.get`.
    fn kv_get(&mut self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        unanswered("kv.get")
    }

    /// `kv.put`.
    fn kv_put(&mut self, key: &str, value: &[u8]) -> Result<(), KvError> {
        unanswered("kv.put")
    }

    /// `kv.delete`.
    fn kv_delete(&mut self, key: &str) -> Result<(), KvError> {
        unanswered("kv.delete")
    }

    /// `kv.compare-and-swap`.
    fn kv_compare_and_swap(&mut self, key: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> Result<bool, KvError> {
        unanswered("kv.compare-and-swap")
    }

    /// `http.send`.
    fn http_send(&mut self, request: &effects::http::Request) -> Result<effects::http::Response, HttpError> {
        unanswered("http.send")
    }

    /// `http.get-cached`.
    fn http_get_cached(&mut self, url: &str, max_age: u32) -> Result<effects::http::Response, HttpError> {
        unanswered("http.get-cached")
    }

    /// `dns.look-up`.
    fn dns_look_up(&mut self, name: &str, of: RecordType) -> Result<Vec<RecordData>, DnsError> {
        unanswered("dns.look-up")
    }
}

fn unanswered(import: &str) -> ! {
    panic!("the policy called {import}, which this test's host does not answer: implement it in the testing::Host")
}

/// Answers the imports of whatever runs inside, on this thread.
pub fn with_host<R>(host: impl Host + 'static, run: impl FnOnce() -> R) -> R {
    /// Takes the host away again, also when the test panics.
    struct Outer(Option<Box<dyn Host>>);

    impl Drop for Outer {
        fn drop(&mut self) {
            HOST.set(self.0.take());
        }
    }

    let _outer = Outer(HOST.replace(Some(Box::new(host))));
    run()
}

thread_local! {
    static HOST: RefCell<Option<Box<dyn Host>>> = const { RefCell::new(None) };
}

fn ask<R>(import: &str, question: impl FnOnce(&mut dyn Host) -> R) -> R {
    HOST.with_borrow_mut(|host| match host {
        Some(host) => question(host.as_mut()),
        None => panic!("the policy called {import}, and there is no host: run the test inside testing::with_host"),
    })
}

/// The imports, with the signatures a module sees.
pub(crate) mod calls {
    pub(crate) mod log {
        use super::super::{HOST, Level};

        /// Writes a line. Without a host it is dropped: what a policy logs is no part of its decision.
        pub fn write(level: Level, message: &str, fields: &[(String, String)]) {
            HOST.with_borrow_mut(|host| host.iter_mut().for_each(|host| host.log(level, message, fields)));
        }
    }

    pub(crate) mod crypto {
        use super::super::{CryptoError, HashAlgorithm, PublicKey, SignatureAlgorithm, ask};

        /// The hash of `data`.
        pub fn digest(algorithm: HashAlgorithm, data: &[u8]) -> Vec<u8> {
            ask("crypto.digest", |host| host.digest(algorithm, data))
        }

        /// The message authentication code of `data` (RFC 2104).
        pub fn hmac(algorithm: HashAlgorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
            ask("crypto.hmac", |host| host.hmac(algorithm, key, data))
        }

        /// Verifies a signature; those of ECDSA are in the fixed-length form of JWS (r || s).
        pub fn verify(
            algorithm: SignatureAlgorithm,
            key: &PublicKey,
            message: &[u8],
            signature: &[u8],
        ) -> Result<(), CryptoError> {
            ask("crypto.verify", |host| host.verify(algorithm, key, message, signature))
        }
    }

    pub(crate) mod jose {
        use super::super::{JoseError, Jwt, ask};

        /// Splits and decodes a compact JWS without verifying it.
        pub fn decode_unverified(token: &str) -> Result<Jwt, JoseError> {
            ask("jose.decode-unverified", |host| host.decode_token(token))
        }

        /// Verifies a compact JWS against a JWK, or a JWK set. Time, issuer and audience are the policy's business.
        pub fn verify(token: &str, keys: &str) -> Result<Jwt, JoseError> {
            ask("jose.verify", |host| host.verify_token(token, keys))
        }
    }

    pub(crate) mod x509 {
        use super::super::{CertificateInfo, ChainError, CsrInfo, Timestamp, ask};

        /// Parses a DER encoded certificate.
        pub fn parse_certificate(certificate: &[u8]) -> Result<CertificateInfo, String> {
            ask("x509.parse-certificate", |host| host.parse_certificate(certificate))
        }

        /// Parses a DER encoded certification request and verifies its signature.
        pub fn parse_csr(csr: &[u8]) -> Result<CsrInfo, String> {
            ask("x509.parse-csr", |host| host.parse_csr(csr))
        }

        /// All the CERTIFICATE blocks of a PEM text.
        pub fn decode_pem(pem: &str) -> Result<Vec<Vec<u8>>, String> {
            ask("x509.decode-pem", |host| host.decode_pem(pem))
        }

        /// Builds and checks a path from `leaf` to one of `roots` at `at`.
        pub fn verify_chain(
            leaf: &[u8],
            intermediates: &[Vec<u8>],
            roots: &[Vec<u8>],
            at: Timestamp,
            ext_key_usages: &[String],
        ) -> Result<Vec<Vec<u8>>, ChainError> {
            ask("x509.verify-chain", |host| host.verify_chain(leaf, intermediates, roots, at, ext_key_usages))
        }
    }

    pub(crate) mod consume_once {
        use super::super::{ConsumeError, Timestamp, ask};

        /// True the first time a key is seen by this provisioner, false after.
        pub fn consume(key: &str, expires: Timestamp) -> Result<bool, ConsumeError> {
            ask("consume-once.consume", |host| host.consume(key, expires))
        }
    }

    pub(crate) mod kv {
        use super::super::{KvError, ask};

        /// The value of a key.
        pub fn get(key: &str) -> Result<Option<Vec<u8>>, KvError> {
            ask("kv.get", |host| host.kv_get(key))
        }

        /// Stores a value.
        pub fn put(key: &str, value: &[u8]) -> Result<(), KvError> {
            ask("kv.put", |host| host.kv_put(key, value))
        }

        /// Forgets a key.
        pub fn delete(key: &str) -> Result<(), KvError> {
            ask("kv.delete", |host| host.kv_delete(key))
        }

        /// Writes `new` when the value is `old`; tells whether it did.
        pub fn compare_and_swap(key: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> Result<bool, KvError> {
            ask("kv.compare-and-swap", |host| host.kv_compare_and_swap(key, old, new))
        }
    }

    pub(crate) mod http {
        use super::super::{HttpError, ask};
        use crate::bindings::effects::step::policy::http::{Request, Response};

        /// Sends a request.
        pub fn send(request: &Request) -> Result<Response, HttpError> {
            ask("http.send", |host| host.http_send(request))
        }

        /// A GET answered from the provisioner's cache when that is at most `max_age` seconds old.
        pub fn get_cached(url: &str, max_age: u32) -> Result<Response, HttpError> {
            ask("http.get-cached", |host| host.http_get_cached(url, max_age))
        }
    }

    pub(crate) mod dns {
        use super::super::{DnsError, RecordData, RecordType, ask};

        /// The records of one type of a name, aliases followed; none when the name exists without such a record.
        pub fn look_up(name: &str, of: RecordType) -> Result<Vec<RecordData>, DnsError> {
            ask("dns.look-up", |host| host.dns_look_up(name, of))
        }
    }
}
