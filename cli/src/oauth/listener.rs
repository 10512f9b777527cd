//! Where the browser brings the answer: one page on this machine, for one request, for two minutes (RFC 8252 §7.3).

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect as Elsewhere, Response},
    routing::get,
};
use reqwest::Url;
use tokio::{net::TcpListener, sync::oneshot, time::timeout};

use super::{OauthError, authorization::Authorization, callback::Callback};

/// Where the person comes back to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redirect {
    /// Where it is listened for them.
    pub(crate) address: ListenAddress,
    /// What the provider is told, if that is not the address.
    pub(crate) url: Option<String>,
    /// Where the browser is sent in the end, if not to a page that says so.
    pub(crate) finished: Option<Url>,
}

/// `<address>:<port>`, or `:<port>` on this machine alone; port 0 is any that is free.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ListenAddress(SocketAddr);

/// How long the person is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a browser has to fetch the last page.
const FAREWELL: Duration = Duration::from_secs(2);

/// A listener, and what the provider is told of it.
pub(super) struct Listener {
    socket: TcpListener,
    redirect_uri: String,
    path: String,
    finished: Option<Url>,
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self::on_loopback(0)
    }
}

impl ListenAddress {
    /// That port, for nobody but this machine.
    fn on_loopback(port: u16) -> Self {
        Self(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// The same port, for nobody but this machine: as much as a stranger may choose.
    pub(crate) fn loopback(self) -> Self {
        if self.0.ip().is_loopback() { self } else { Self::on_loopback(self.0.port()) }
    }
}

impl FromStr for ListenAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').unwrap_or((text, "0"));
        let host: Option<IpAddr> = match host.trim_matches(['[', ']']) {
            "" | "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
            address => address.parse().ok(),
        };
        let address = host.zip(port.parse().ok()).map(SocketAddr::from);
        address.map(Self).ok_or("an address and a port, such as 127.0.0.1:10000 or :10000")
    }
}

impl Listener {
    pub(super) async fn bind(redirect: &Redirect) -> Result<Self, OauthError> {
        let ListenAddress(address) = redirect.address;
        let listen = |source| OauthError::Listen { address, source };
        let socket = TcpListener::bind(address).await.map_err(listen)?;
        let redirect_uri = match &redirect.url {
            Some(url) => url.clone(),
            None => format!("http://{}", socket.local_addr().map_err(listen)?),
        };
        let not_a_url = |_| OauthError::NotAUrl { what: "where the browser comes back to", text: redirect_uri.clone() };
        let path = Url::parse(&redirect_uri).map_err(not_a_url)?.path().to_owned();
        Ok(Self { socket, redirect_uri, path, finished: redirect.finished.clone() })
    }

    /// Where the provider is to send the browser.
    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the answer to this request. Whatever else comes is turned away, and does not end the wait.
    pub(super) async fn wait(self, authorization: Arc<Authorization>) -> Result<Callback, OauthError> {
        let (sender, answered) = oneshot::channel();
        let desk = Desk { authorization, path: self.path, finished: self.finished, sender: Mutex::new(Some(sender)) };
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().fallback(get(answer)).with_state(Arc::new(desk));
        let server = axum::serve(self.socket, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let server = tokio::spawn(server.into_future());
        let callback = timeout(PATIENCE, answered).await;
        let _ = stop.send(());
        // The browser's last page is worth waiting for, and not worth an error.
        let abort = server.abort_handle();
        let _ = timeout(FAREWELL, server).await;
        abort.abort();
        match callback {
            Ok(Ok(callback)) => Ok(callback),
            Ok(Err(_)) | Err(_) => Err(OauthError::TimedOut { seconds: PATIENCE.as_secs() }),
        }
    }
}

/// What a request is held against.
struct Desk {
    authorization: Arc<Authorization>,
    path: String,
    finished: Option<Url>,
    /// Who waits for the answer; nobody once there was one.
    sender: Mutex<Option<oneshot::Sender<Callback>>>,
}

async fn answer(State(desk): State<Arc<Desk>>, uri: axum::http::Uri, RawQuery(query): RawQuery) -> Response {
    if uri.path() != desk.path {
        return page(StatusCode::NOT_FOUND, "There is nothing here.");
    }
    let callback = Callback::parse(query.as_deref().unwrap_or_default());
    let Some(callback) = callback.ok().filter(|callback| desk.authorization.is_answered_by(callback)) else {
        return page(StatusCode::BAD_REQUEST, "This does not answer what step has asked.");
    };
    let Some(sender) = desk.sender.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return page(StatusCode::GONE, "This has been answered before.");
    };
    // Who no longer waits has said so at the terminal.
    let _ = sender.send(callback);
    match &desk.finished {
        Some(url) => Elsewhere::to(url.as_str()).into_response(),
        None => page(StatusCode::OK, "This is all that was needed here. Go on at the terminal."),
    }
}

/// A page without anything of the request in it.
fn page(status: StatusCode, sentence: &'static str) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        // The address has the code in it.
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(format!("<!doctype html><title>step</title><p>{sentence}</p>\n"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_host_only_this_machine_can_come() {
        let address = |text: &str| text.parse().map(|ListenAddress(address)| address.to_string());
        assert_eq!(address(":10000"), Ok("127.0.0.1:10000".into()));
        assert_eq!(address("localhost:1"), Ok("127.0.0.1:1".into()));
        assert_eq!(address("[::1]:1"), Ok("[::1]:1".into()));
        assert_eq!(address("0.0.0.0:1"), Ok("0.0.0.0:1".into()));
        for text in ["idp.example.com:1", ":x", ":65536", "::"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_stranger_chooses_the_port_and_not_who_may_come() {
        let loopback = |text: &str| text.parse::<ListenAddress>().map(|address| address.loopback().0.to_string());
        assert_eq!(loopback("0.0.0.0:10000"), Ok("127.0.0.1:10000".into()));
        assert_eq!(loopback("127.0.0.1:10000"), Ok("127.0.0.1:10000".into()));
    }
}
