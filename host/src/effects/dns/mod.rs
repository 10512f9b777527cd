//! `dns`: look-ups for a policy that must not see more of the DNS than it was granted.
//!
//! ```text
//!  name, type ─► granted? ─► kept? ─► asked over UDP, then TCP, one resolver after the other ─► records, counted
//! ```
//!
//! What is asked are the operator's resolvers, which find out for themselves where an alias leads; here nothing is
//! searched, nothing is read from `/etc/hosts`, and what is no whole answer is none. Answers are data: that a name means
//! an address of this network is a fact like any other, and what an `http` grant may connect to is decided there.

mod answer;
mod cache;
mod exchange;
mod servers;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc};

use hickory_proto::rr::Name;
use policy_runtime::{
    Dns, Reply,
    contract::effects::{DnsError, RecordData, RecordType},
};
use tokio::time::timeout;

pub use self::servers::NoServers;
use self::{answer::Found, cache::Cache, exchange::Question};
use crate::config::{DnsGrant, is_host_name};

/// The part of the DNS that one policy may look at.
pub(super) struct Resolver(Arc<Inner>);

struct Inner {
    grant: DnsGrant,
    servers: Vec<SocketAddr>,
    cache: Cache,
}

impl Resolver {
    /// What the grant allows; the system's resolvers are those it has now.
    pub(super) fn new(grant: &DnsGrant) -> Result<Self, NoServers> {
        let servers = if grant.servers.is_empty() { servers::of_system()? } else { grant.servers.clone() };
        Ok(Self(Arc::new(Inner { grant: grant.clone(), servers, cache: Cache::default() })))
    }
}

impl Dns for Resolver {
    fn records(&self, name: String, of: RecordType) -> Reply<Result<Vec<RecordData>, DnsError>> {
        let resolver = self.0.clone();
        Box::pin(async move { resolver.records(&name, of).await })
    }
}

impl Inner {
    async fn records(&self, name: &str, of: RecordType) -> Result<Vec<RecordData>, DnsError> {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if !is_host_name(&name) {
            return Err(DnsError::Invalid("this is no name that can be looked up".to_owned()));
        }
        if !self.grant.covers(&name) || !self.grant.types.contains(&of) {
            return Err(DnsError::NotGranted(format!("{name} {}", word(of))));
        }
        if let Some(kept) = self.cache.answer(&name, of) {
            return kept;
        }
        let found = timeout(self.grant.timeout, self.ask(&name, of)).await.unwrap_or(Err(DnsError::Timeout))?;
        let answer = found.within(self.grant.max_answers);
        self.cache.keep(name, of, &answer, found.time_to_live.min(self.grant.cache));
        answer
    }

    /// Asks one server after the other, until one knows. The time is divided among those that are left.
    async fn ask(&self, name: &str, of: RecordType) -> Result<Found, DnsError> {
        let invalid = |error| DnsError::Invalid(format!("{error}"));
        let mut absolute = Name::from_ascii(name).map_err(invalid)?;
        absolute.set_fqdn(true);
        let question = Question::new(absolute, of);
        let (mut last, started) = (DnsError::Timeout, tokio::time::Instant::now());
        for (left, server) in (1..=self.servers.len()).rev().zip(&self.servers) {
            let rest = self.grant.timeout.saturating_sub(started.elapsed());
            let share = rest / u32::try_from(left).unwrap_or(u32::MAX);
            let message = timeout(share, question.ask(*server)).await.unwrap_or(Err(DnsError::Timeout));
            match message.and_then(|message| answer::read(&message, &question)) {
                Ok(found) => return Ok(found),
                Err(error) => {
                    tracing::debug!(%server, name, ?error, "dns");
                    last = error;
                }
            }
        }
        Err(last)
    }
}

impl DnsGrant {
    /// Whether a name is one of those granted, or below one.
    fn covers(&self, name: &str) -> bool {
        self.names.iter().any(|domain| match name.strip_suffix(domain.as_str()) {
            Some(above) => domain.is_empty() || above.is_empty() || above.ends_with('.'),
            None => false,
        })
    }
}

fn word(of: RecordType) -> &'static str {
    crate::config::DNS_TYPES.iter().find(|(_, it)| *it == of).map_or("", |(word, _)| word)
}
