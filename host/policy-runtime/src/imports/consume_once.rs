//! `step:policy/consume-once`: what works once, beside the credential.

use super::price;
use crate::call::Guest;
use crate::contract::effects::ConsumeError;
use crate::contract::imports::consume_once::Host;
use crate::effects::{Arguments, Function};

impl Host for Guest {
    async fn consume(&mut self, key: String, expires: i64) -> wasmtime::Result<Result<bool, ConsumeError>> {
        self.meter.host_call(price::change(key.len()))?;
        let arguments = Arguments::of(&[key.as_bytes(), &expires.to_be_bytes()]);
        let perform = self.assignment.grants.consume_once.as_ref().map(|it| || it.consume(key, expires));
        self.recorder.ask(Function::Consume, arguments, perform).await
    }
}
