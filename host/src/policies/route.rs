//! Which provisioner a token belongs to.

use crate::credential::Token;
use policy_runtime::contract::provisioner::RoutingKey;
use std::collections::{HashMap, hash_map::Entry};
use thiserror::Error;

/// The routing keys of all provisioners. Look-ups go from the most to the least specific key.
#[derive(Debug, Default)]
pub(super) struct Routes {
    issuer_and_key: HashMap<(String, String), usize>,
    audience: HashMap<String, usize>,
    issuer: HashMap<String, usize>,
    prefix: HashMap<String, usize>,
}

impl Routes {
    /// Sends what `key` matches to the provisioner at `index`; the index of another one that claims the same key is an
    /// error.
    pub(super) fn add(&mut self, key: RoutingKey, index: usize) -> Result<(), KeyTaken> {
        let text = describe(&key);
        let taken = match key {
            RoutingKey::IssuerAndKey(pair) => claim(self.issuer_and_key.entry(pair), index),
            RoutingKey::Audience(audience) => claim(self.audience.entry(audience), index),
            RoutingKey::Issuer(issuer) => claim(self.issuer.entry(issuer), index),
            RoutingKey::Prefix(prefix) => claim(self.prefix.entry(prefix), index),
        };
        match taken {
            Some(by) if by != index => Err(KeyTaken { key: text, by }),
            _ => Ok(()),
        }
    }

    /// The provisioner that `token` names, if there is one. Nothing about the token has been verified.
    pub(super) fn find(&self, token: &Token<'_>) -> Option<usize> {
        let Some(jwt) = token.jwt() else {
            return self.prefix.get(token.prefix()?).copied();
        };
        let issuer = jwt.claims().iss.as_deref();
        let by_key = issuer
            .zip(jwt.header().kid())
            .and_then(|(issuer, kid)| self.issuer_and_key.get(&(issuer.to_owned(), kid.to_owned())));
        let by_audience = || jwt.claims().aud.iter().find_map(|audience| self.audience.get(audience.as_str()));
        let by_issuer = || issuer.and_then(|issuer| self.issuer.get(issuer));
        by_key.or_else(by_audience).or_else(by_issuer).copied()
    }
}

fn claim<K>(entry: Entry<'_, K, usize>, index: usize) -> Option<usize> {
    match entry {
        Entry::Occupied(taken) => Some(*taken.get()),
        Entry::Vacant(free) => {
            free.insert(index);
            None
        }
    }
}

fn describe(key: &RoutingKey) -> String {
    match key {
        RoutingKey::IssuerAndKey((issuer, kid)) => format!("tokens of issuer {issuer:?} and key {kid:?}"),
        RoutingKey::Audience(audience) => format!("tokens for audience {audience:?}"),
        RoutingKey::Issuer(issuer) => format!("tokens of issuer {issuer:?}"),
        RoutingKey::Prefix(prefix) => format!("credentials that begin with \"{prefix}:\""),
    }
}

/// Two provisioners want the same tokens.
#[derive(Debug, Error)]
#[error("{key} already belong to another provisioner")]
pub(super) struct KeyTaken {
    key: String,
    /// Index of the provisioner that has the key.
    pub(super) by: usize,
}
