//! `step:policy/kv`: what a policy wants to know the next time it is asked.

use super::price;
use crate::call::Guest;
use crate::contract::effects::KvError;
use crate::contract::imports::kv::Host;
use crate::effects::{Arguments, Function};

impl Host for Guest {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, KvError>> {
        self.meter.host_call(price::look_up(key.len()))?;
        let arguments = Arguments::of(&[key.as_bytes()]);
        let perform = self.assignment.grants.kv.as_ref().map(|kv| || kv.value(key));
        let answer = self.recorder.ask(Function::KvGet, arguments, perform).await?;
        let octets = answer.as_ref().map_or(0, |value| value.as_ref().map_or(0, Vec::len));
        self.meter.charge(price::octets(octets))?;
        Ok(answer)
    }

    async fn put(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), KvError>> {
        self.meter.host_call(price::change(key.len().saturating_add(value.len())))?;
        let arguments = Arguments::of(&[key.as_bytes(), &value]);
        let perform = self.assignment.grants.kv.as_ref().map(|kv| || kv.set(key, Some(value)));
        self.recorder.ask(Function::KvPut, arguments, perform).await
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), KvError>> {
        self.meter.host_call(price::change(key.len()))?;
        let arguments = Arguments::of(&[key.as_bytes()]);
        let perform = self.assignment.grants.kv.as_ref().map(|kv| || kv.set(key, None));
        self.recorder.ask(Function::KvDelete, arguments, perform).await
    }

    async fn compare_and_swap(
        &mut self,
        key: String,
        old: Option<Vec<u8>>,
        new: Option<Vec<u8>>,
    ) -> wasmtime::Result<Result<bool, KvError>> {
        let length = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, Vec::len);
        let octets = key.len().saturating_add(length(&old)).saturating_add(length(&new));
        self.meter.host_call(price::change(octets))?;
        // Nothing is not an empty value.
        let (is_old, is_new) = ([old.is_some().into()], [new.is_some().into()]);
        let (old_octets, new_octets) = (old.as_deref().unwrap_or_default(), new.as_deref().unwrap_or_default());
        let arguments = Arguments::of(&[key.as_bytes(), &is_old, old_octets, &is_new, new_octets]);
        let perform = self.assignment.grants.kv.as_ref().map(|kv| || kv.swap(key, old, new));
        self.recorder.ask(Function::KvSwap, arguments, perform).await
    }
}
