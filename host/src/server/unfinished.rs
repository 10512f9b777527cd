//! Connections that have not sent a request yet, so that slow peers cannot keep others out.
//!
//! Each peer may have so many. When it opens one more, its oldest is closed and the new one is let in: a peer that is
//! slow on purpose hurts nobody but itself, and one behind a shared address is never refused.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// Every unfinished connection of a server.
#[derive(Debug)]
pub(super) struct Unfinished {
    per_peer: usize,
    /// Guards the list of who is waiting; held for a few map operations and never over an await point.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// In order of arrival, for when the server as a whole is full.
    all: BTreeMap<u64, Peer>,
    /// In order of arrival, with what closes it.
    by_peer: HashMap<Peer, BTreeMap<u64, Arc<Notify>>>,
}

/// Whom an address counts for: itself, or all of a customer's IPv6 addresses together (RFC 6177).
type Peer = IpAddr;

fn peer_of(address: IpAddr) -> Peer {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

impl Unfinished {
    pub(super) fn new(per_peer: usize) -> Arc<Self> {
        Arc::new(Self { per_peer, waiting: Mutex::default() })
    }

    /// Lets a connection in. At the cap of its peer the peer's oldest one is closed.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Ticket {
        let peer = peer_of(address);
        let closed = Arc::new(Notify::new());
        let mut waiting = self.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.all.insert(number, peer);
        let of_peer = waiting.by_peer.entry(peer).or_default();
        of_peer.insert(number, Arc::clone(&closed));
        if of_peer.len() > self.per_peer
            && let Some(oldest) = of_peer.keys().next().copied()
        {
            waiting.close(oldest, peer);
        }
        drop(waiting);
        Ticket { list: Arc::clone(self), number, peer, closed }
    }

    /// Closes the oldest connection of all, to make room for another.
    pub(super) fn close_oldest(&self) {
        let mut waiting = self.lock();
        if let Some((oldest, peer)) = waiting.all.first_key_value().map(|(number, peer)| (*number, *peer)) {
            waiting.close(oldest, peer);
        }
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        self.lock().all.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No code that holds the lock can panic half-way through a change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn remove(&mut self, number: u64, peer: Peer) -> Option<Arc<Notify>> {
        self.all.remove(&number)?;
        let of_peer = self.by_peer.get_mut(&peer)?;
        let closed = of_peer.remove(&number);
        if of_peer.is_empty() {
            self.by_peer.remove(&peer);
        }
        closed
    }

    fn close(&mut self, number: u64, peer: Peer) {
        if let Some(closed) = self.remove(number, peer) {
            closed.notify_one();
        }
    }
}

/// A place in the list, given up when the connection has sent a request or is gone.
#[derive(Debug)]
pub(super) struct Ticket {
    list: Arc<Unfinished>,
    number: u64,
    peer: Peer,
    closed: Arc<Notify>,
}

impl Ticket {
    /// Waits until the connection has to make room.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// The connection has sent a request; it will not be closed from here any more.
    pub(super) fn finish(&self) {
        self.list.lock().remove(self.number, self.peer);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_closed(ticket: &Ticket) -> bool {
        use std::{
            future::Future,
            pin::pin,
            task::{Context, Waker},
        };
        pin!(ticket.closed()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn at_the_cap_the_oldest_goes_and_the_new_one_stays() {
        let list = Unfinished::new(3);
        let tickets: Vec<_> = (0..5).map(|_| list.enter(address("192.0.2.1"))).collect();
        assert_eq!(tickets.iter().map(is_closed).collect::<Vec<_>>(), [true, true, false, false, false]);
        assert_eq!(list.count(), 3);
    }

    #[test]
    fn a_slow_peer_costs_no_other_its_place() {
        let list = Unfinished::new(2);
        let other = list.enter(address("192.0.2.2"));
        let _slow: Vec<_> = (0..10).map(|_| list.enter(address("192.0.2.1"))).collect();
        assert!(!is_closed(&other));
    }

    #[test]
    fn a_customer_with_many_addresses_is_one_peer() {
        let list = Unfinished::new(1);
        let first = list.enter(address("2001:db8::1"));
        let _second = list.enter(address("2001:db8::ffff:1"));
        let mapped = list.enter(address("::ffff:192.0.2.1"));
        assert!(is_closed(&first));
        assert!(!is_closed(&mapped));
        let _v4 = list.enter(address("192.0.2.1"));
        assert!(is_closed(&mapped));
    }

    #[test]
    fn who_has_sent_a_request_is_not_closed_any_more() {
        let list = Unfinished::new(1);
        let first = list.enter(address("192.0.2.1"));
        first.finish();
        let second = list.enter(address("192.0.2.1"));
        assert!(!is_closed(&first) && !is_closed(&second));
        drop((first, second));
        assert_eq!(list.count(), 0);
    }

    #[test]
    fn when_the_server_is_full_the_oldest_of_all_goes() {
        let list = Unfinished::new(9);
        let (first, second) = (list.enter(address("192.0.2.1")), list.enter(address("192.0.2.2")));
        list.close_oldest();
        assert!(is_closed(&first) && !is_closed(&second));
        drop((first, second));
        list.close_oldest();
    }
}
