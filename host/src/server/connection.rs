//! One connection, from its first octet to its last.
//!
//! Every phase has an end: the handshake, the first request, the pause between requests, the last answer. Inside a
//! request the routes keep the time.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, response::Response};
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower::Service;

use super::{
    meters::{Failure, ServerMeters},
    peer::Peer,
    unfinished::Ticket,
};
use crate::limits;

/// How HTTP is spoken; the same for every connection of a server.
#[derive(Clone)]
pub(super) struct Http {
    http1: auto::Builder<TokioExecutor>,
    http2: auto::Builder<TokioExecutor>,
}

impl Http {
    pub(super) fn new() -> Self {
        // The version is known from ALPN. To let hyper guess it from the first octets would wait for them without limit.
        let mut http1 = auto::Builder::new(TokioExecutor::new()).http1_only();
        http1.http1().timer(TokioTimer::new()).header_read_timeout(limits::HEADERS_TIME).max_buf_size(limits::HEADERS);
        let mut http2 = auto::Builder::new(TokioExecutor::new()).http2_only();
        http2
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits::STREAMS)
            .max_header_list_size(limits::HEADERS as u32);
        Self { http1, http2 }
    }
}

/// A peer that was let in and has said nothing yet.
pub(super) struct Arrived {
    pub(super) socket: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) ticket: Ticket,
}

/// Serves one peer until it goes, is too slow, or `stopping` turns true.
pub(super) async fn serve(
    Arrived { socket, address, ticket }: Arrived,
    acceptor: TlsAcceptor,
    http: Http,
    router: Router,
    meters: &ServerMeters,
    stopping: watch::Receiver<bool>,
) {
    let handshake = timeout(limits::HANDSHAKE_TIME, acceptor.accept(socket));
    let shaken = tokio::select! {
        () = ticket.closed() => Err(Failure::Displaced),
        shaken = handshake => match shaken {
            Ok(shaken) => shaken.map_err(Failure::from),
            Err(_) => Err(Failure::TimedOut),
        },
    };
    let stream = match shaken {
        Ok(stream) => stream,
        Err(failure) => return meters.failed(address, &failure),
    };
    meters.completed();
    let (_, session) = stream.get_ref();
    let peer = Peer::of(address, session);
    let http = match session.alpn_protocol() {
        Some(b"h2") => http.http2,
        _ => http.http1,
    };
    converse(stream, http, router, peer, Activity::new(ticket), stopping).await;
}

/// The time an idle connection has to close in good order, and a new one to say something when the server stops.
const GRACE: Duration = Duration::from_secs(1);

async fn converse(
    stream: TlsStream<TcpStream>,
    http: auto::Builder<TokioExecutor>,
    router: Router,
    peer: Peer,
    activity: Arc<Activity>,
    mut stopping: watch::Receiver<bool>,
) {
    let requests = Arc::clone(&activity);
    let service =
        hyper::service::service_fn(move |request| answer(router.clone(), peer.clone(), requests.begin(), request));
    let mut conversation = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut wake = Instant::now() + limits::HEADERS_TIME;
    let (mut is_stopping, mut is_ending) = (false, false);
    loop {
        tokio::select! {
            result = conversation.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(error = %error, "connection ended early");
                }
                return;
            }
            () = activity.ticket.closed() => return,
            _ = stopping.wait_for(|stop| *stop), if !is_stopping => {
                is_stopping = true;
                if !activity.is_untouched() {
                    conversation.as_mut().graceful_shutdown();
                    continue;
                }
                // Whoever was accepted a moment ago is about to ask something.
                wake = Instant::now() + GRACE;
            }
            () = sleep_until(wake) => match activity.phase() {
                Phase::Silent if !is_stopping => return,
                Phase::Silent | Phase::Idle(_) if is_ending => return,
                Phase::Idle(since) if !is_stopping && since + limits::IDLE_TIME > Instant::now() => {
                    wake = since + limits::IDLE_TIME;
                }
                Phase::Silent | Phase::Idle(_) => {
                    conversation.as_mut().graceful_shutdown();
                    is_ending = true;
                    wake = Instant::now() + GRACE;
                }
                Phase::Busy if is_stopping => {
                    conversation.as_mut().graceful_shutdown();
                    wake = Instant::now() + GRACE;
                }
                Phase::Busy => wake = Instant::now() + limits::IDLE_TIME,
            },
        }
    }
}

/// Answers one request. A plain function, so that the future of a request is as small as can be.
fn answer(
    mut router: Router,
    peer: Peer,
    visit: Visit,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response, Infallible>> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let response = router.call(request);
    async move {
        let response = response.await;
        drop(visit);
        response
    }
}

/// What a connection has been doing.
struct Activity {
    ticket: Ticket,
    begun: Instant,
    has_asked: AtomicBool,
    in_flight: AtomicUsize,
    /// Milliseconds from `begun` to the end of the latest request.
    last: AtomicU64,
}

enum Phase {
    /// No request has come yet.
    Silent,
    /// A request is being answered.
    Busy,
    /// Nothing is being answered, since then.
    Idle(Instant),
}

impl Activity {
    fn new(ticket: Ticket) -> Arc<Self> {
        Arc::new(Self {
            ticket,
            begun: Instant::now(),
            has_asked: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            last: AtomicU64::new(0),
        })
    }

    fn begin(self: &Arc<Self>) -> Visit {
        if !self.has_asked.swap(true, Ordering::Relaxed) {
            self.ticket.finish();
        }
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Visit(Arc::clone(self))
    }

    fn is_untouched(&self) -> bool {
        !self.has_asked.load(Ordering::Relaxed)
    }

    fn phase(&self) -> Phase {
        if self.is_untouched() {
            Phase::Silent
        } else if self.in_flight.load(Ordering::Relaxed) > 0 {
            Phase::Busy
        } else {
            Phase::Idle(self.begun + Duration::from_millis(self.last.load(Ordering::Relaxed)))
        }
    }
}

/// One request in flight; its end is noted when it is dropped, however that comes.
struct Visit(Arc<Activity>);

impl Drop for Visit {
    fn drop(&mut self) {
        let Self(activity) = self;
        let millis = u64::try_from(activity.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        activity.last.store(millis, Ordering::Relaxed);
        activity.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
