//! What reaches outside the sandbox, as a vector gives it: a store that begins as the case says and is gone after it,
//! and the answers of servers.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::ready,
    sync::{Arc, Mutex, PoisonError},
};

use policy_runtime::{
    ConsumeOnce, Grants, Http, KeyValue, Reply,
    contract::effects::{ConsumeError, HttpError, KvError, Request, Response},
};
use serde::Deserialize;

use crate::dns::Zone;

/// What a server answers to a request for a URL.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenResponse {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

impl WrittenResponse {
    fn with_keys(&self, keys: &str) -> Self {
        Self { body: self.body.replace("KEYS", keys), ..self.clone() }
    }
}

fn ok() -> u16 {
    200
}

/// Grants of everything, for one question; `keys` takes the place of `KEYS` in what servers answer.
pub(crate) fn grants(
    kv: &BTreeMap<String, String>,
    http: &BTreeMap<String, WrittenResponse>,
    zone: Zone,
    keys: &str,
) -> Grants {
    let values = kv.iter().map(|(key, value)| (key.clone(), value.clone().into_bytes())).collect();
    Grants {
        consume_once: Some(Arc::new(Consumed::default())),
        kv: Some(Arc::new(Values(Mutex::new(values)))),
        http: Some(Arc::new(Servers(
            http.iter().map(|(url, response)| (url.clone(), response.with_keys(keys))).collect(),
        ))),
        dns: Some(Arc::new(zone)),
    }
}

#[derive(Default)]
struct Consumed(Mutex<BTreeSet<String>>);

impl ConsumeOnce for Consumed {
    fn consume(&self, key: String, _expires: i64) -> Reply<Result<bool, ConsumeError>> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        Box::pin(ready(Ok(is_first)))
    }
}

struct Values(Mutex<BTreeMap<String, Vec<u8>>>);

impl Values {
    fn put(values: &mut BTreeMap<String, Vec<u8>>, key: String, value: Option<Vec<u8>>) {
        match value {
            Some(value) => values.insert(key, value),
            None => values.remove(&key),
        };
    }
}

impl KeyValue for Values {
    fn value(&self, key: String) -> Reply<Result<Option<Vec<u8>>, KvError>> {
        let value = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        Box::pin(ready(Ok(value)))
    }

    fn set(&self, key: String, value: Option<Vec<u8>>) -> Reply<Result<(), KvError>> {
        Self::put(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), key, value);
        Box::pin(ready(Ok(())))
    }

    fn swap(&self, key: String, old: Option<Vec<u8>>, new: Option<Vec<u8>>) -> Reply<Result<bool, KvError>> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = values.get(&key) == old.as_ref();
        if is_old {
            Self::put(&mut values, key, new);
        }
        Box::pin(ready(Ok(is_old)))
    }
}

struct Servers(BTreeMap<String, WrittenResponse>);

impl Servers {
    fn answer(&self, url: &str) -> Result<Response, HttpError> {
        let WrittenResponse { status, headers, body } =
            self.0.get(url).ok_or_else(|| HttpError::Connect(format!("the vector has no answer of {url}")))?;
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(Response { status: *status, headers, body: body.clone().into_bytes() })
    }
}

impl Http for Servers {
    fn send(&self, request: Request) -> Reply<Result<Response, HttpError>> {
        Box::pin(ready(self.answer(&request.url)))
    }

    fn cached(&self, url: String, _max_age: u32) -> Reply<Result<Response, HttpError>> {
        Box::pin(ready(self.answer(&url)))
    }
}
