//! What a guest may call, one file an interface.
//!
//! All of it is pure but for the log: the same arguments give the same answer, on every machine and at any time. Every
//! call is counted and has a price in fuel, which is what the work would cost a guest, before the work is done.

mod crypto;
mod jose;
mod keys;
mod log;
mod x509;

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

pub(crate) use self::keys::KeyCache;
pub(crate) use self::log::LogBook;
use crate::call::Guest;
use crate::contract::imports as interfaces;

/// Binds every interface this host offers.
pub(crate) fn link(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    interfaces::types::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    interfaces::log::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    interfaces::crypto::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    interfaces::jose::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    interfaces::x509::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

/// Types alone: there is nothing to call.
impl interfaces::types::Host for Guest {}

/// Prices in fuel, about a nanosecond a unit. They are part of what makes a decision repeatable: changing one changes
/// which calls exceed their fuel.
mod price {
    use jose::Algorithm;

    /// Crossing the border and back.
    pub(super) const CALL: u64 = 1_000;
    /// Checking one signature of a certificate or a request, parsing the key included.
    pub(super) const SIGNATURE: u64 = 400_000;

    /// Checking a signature with an algorithm, parsing the key included. A name of no algorithm is refused for less.
    pub(super) fn verify(algorithm: Option<Algorithm>) -> u64 {
        match algorithm {
            Some(Algorithm::Es384 | Algorithm::Es512) => 1_000_000,
            Some(_) => 200_000,
            None => 0,
        }
    }

    /// Hashing, or taking apart, so many octets.
    pub(super) fn octets(count: usize) -> u64 {
        (count as u64).saturating_mul(4)
    }
}
