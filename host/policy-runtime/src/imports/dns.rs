//! `step:policy/dns`: look-ups, made by the host.

use super::price;
use crate::call::Guest;
use crate::contract::effects::{DnsError, RecordData, RecordType};
use crate::contract::imports::dns::Host;
use crate::effects::{Arguments, Function};

impl Host for Guest {
    async fn look_up(
        &mut self,
        name: String,
        type_: RecordType,
    ) -> wasmtime::Result<Result<Vec<RecordData>, DnsError>> {
        // The same whether the cache has it or not: what a call costs must not depend on the calls before it.
        self.meter.host_call(price::question_to_dns(name.len()))?;
        let arguments = Arguments::of(&[name.as_bytes(), &[type_ as u8]]);
        let perform = self.assignment.grants.dns.as_ref().map(|dns| || dns.records(name, type_));
        let answer = self.recorder.ask(Function::DnsLookUp, arguments, perform).await?;
        let records = answer.as_deref().unwrap_or_default();
        let octets = records.iter().map(octets).fold(0, usize::saturating_add);
        self.meter.charge(price::octets(octets).saturating_add(price::items(records.len())))?;
        Ok(answer)
    }
}

/// What has to be copied into the guest.
fn octets(record: &RecordData) -> usize {
    match record {
        RecordData::A(text) | RecordData::Aaaa(text) | RecordData::Cname(text) | RecordData::Ns(text) => text.len(),
        RecordData::Caa(caa) => caa.tag.len().saturating_add(caa.value.len()),
        RecordData::Mx(mx) => mx.exchange.len(),
        RecordData::Txt(text) => text.len(),
    }
}
