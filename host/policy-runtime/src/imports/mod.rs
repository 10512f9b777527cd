//! What a guest may call, one file an interface.
//!
//! Most of it is pure but for the log: the same arguments give the same answer, on every machine and at any time. What
//! `consume-once`, `dns`, `http` and `kv` answer is kept in the [transcript](crate::Transcript) of the call. Every call is
//! counted and has a [`price`] in fuel, about what the work would cost a guest, taken before the work is done.

mod consume_once;
mod crypto;
mod dns;
mod http;
mod jose;
mod keys;
mod kv;
mod log;
mod paths;
mod price;
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
    interfaces::consume_once::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    interfaces::dns::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    interfaces::http::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    interfaces::kv::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

/// Types alone: there is nothing to call.
impl interfaces::types::Host for Guest {}
