//! `step:policy/http`: requests to other servers, made by the host.

use super::price;
use crate::call::{Guest, Meter};
use crate::contract::effects::{HttpError, Request, Response};
use crate::contract::imports::http::Host;
use crate::effects::{Arguments, Function};

impl Host for Guest {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, HttpError>> {
        self.meter.host_call(price::request_to_others(asked(&request)))?;
        let arguments = arguments(&request);
        let perform = self.assignment.grants.http.as_ref().map(|http| || http.send(request));
        let answer = self.recorder.ask(Function::HttpSend, arguments, perform).await?;
        pay(&mut self.meter, &answer)?;
        Ok(answer)
    }

    async fn get_cached(&mut self, url: String, max_age: u32) -> wasmtime::Result<Result<Response, HttpError>> {
        // The same whether the cache has it or not: what a call costs must not depend on the calls before it.
        self.meter.host_call(price::request_to_others(url.len()))?;
        let arguments = Arguments::of(&[url.as_bytes(), &max_age.to_be_bytes()]);
        let perform = self.assignment.grants.http.as_ref().map(|http| || http.cached(url, max_age));
        let answer = self.recorder.ask(Function::HttpCached, arguments, perform).await?;
        pay(&mut self.meter, &answer)?;
        Ok(answer)
    }
}

fn asked(request: &Request) -> usize {
    let headers = request.headers.iter().map(|(name, value)| name.len().saturating_add(value.len()));
    let body = request.body.as_ref().map_or(0, Vec::len);
    headers.fold(request.method.len(), usize::saturating_add).saturating_add(request.url.len()).saturating_add(body)
}

fn arguments(request: &Request) -> Arguments {
    let Request { method, url, headers, body, timeout } = request;
    let timeout = timeout.map_or(u64::MAX, u64::from).to_be_bytes();
    let mut fields: Vec<&[u8]> = vec![method.as_bytes(), url.as_bytes(), &timeout];
    for (name, value) in headers {
        fields.push(name.as_bytes());
        fields.push(value.as_bytes());
    }
    // An odd number of fields is a request with a body.
    fields.extend(body.as_deref());
    Arguments::of(&fields)
}

/// For what has to be copied into the guest.
fn pay(meter: &mut Meter, answer: &Result<Response, HttpError>) -> wasmtime::Result<()> {
    let Ok(Response { headers, body, .. }) = answer else { return Ok(()) };
    let texts = headers.iter().map(|(name, value)| name.len().saturating_add(value.len()));
    let octets = texts.fold(body.len(), usize::saturating_add);
    meter.charge(price::octets(octets).saturating_add(price::items(headers.len())))
}
