//! Reloads of a whole CA, over real TLS, while clients of every kind ask.

mod load;

use std::{fs, sync::Arc};

use authority::Certificate;
use serde_json::json;

use self::load::{GENERATIONS, Load, set_generation};
use crate::test_ca::{PASSWORD, TestCa, write};

/// Makes the next reload fail, and tells how the operator hears of it.
type Sabotage = fn(&TestCa) -> &'static str;

const SABOTAGES: [Sabotage; 6] = [
    |ca| {
        write(&ca.path.ca_json(), b"{\n\"root\": ,\n}");
        "ca.json:2: error parsing"
    },
    |ca| {
        write(&ca.module(), b"\0asm of a sort");
        pin(ca, b"\0asm of a sort");
        "policies.corp"
    },
    |ca| {
        write(&ca.module(), b"another module");
        pin(ca, b"the module that was checked");
        "is pinned: the file was changed"
    },
    |ca| {
        write(ca.source.password_file().unwrap(), b"a wrong password");
        "intermediate_ca_key"
    },
    |ca| {
        ca.configure(|file| file["db"] = json!({"type": "sqlite", "dataSource": "/elsewhere/db.sqlite"}));
        "to /elsewhere/db.sqlite, which needs a restart"
    },
    |ca| {
        // The CA is there already.
        let taken = ca.address.to_string();
        ca.configure(|file| file["address"] = json!(taken));
        "cannot listen on 127.0.0.1:"
    },
];

fn pin(ca: &TestCa, bytes: &[u8]) {
    let sha256 = crate::audit::Digest::of(&[bytes]).to_string();
    ca.configure(|file| file["policies"] = json!({"corp": {"path": ca.module(), "sha256": sha256}}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reload_drops_a_request_and_every_answer_is_of_one_configuration() {
    let ca = TestCa::start().await;
    ca.configure(|file| set_generation(file, GENERATIONS[0]));
    ca.reload().await.unwrap();
    let good = fs::read(ca.path.ca_json()).unwrap();
    let mut load = Load::start(&ca);
    let rounds = SABOTAGES.len();
    for round in 0..rounds {
        load.go_on().await;
        let expected = SABOTAGES[round % SABOTAGES.len()](&ca);
        let error = ca.reload().await.unwrap_err();
        assert!(error.contains(expected), "{error}");
        write(&ca.path.ca_json(), &good);
        write(ca.source.password_file().unwrap(), PASSWORD);

        load.go_on().await;
        // Every other time with another name, and so with another certificate for the listener.
        ca.configure(|file| {
            set_generation(file, GENERATIONS[(round + 1) % 2]);
            file["dnsNames"] = json!(["localhost", format!("ca{}.example", round / 2)]);
        });
        ca.reload().await.unwrap();
    }
    let answered = load.end().await;
    assert!(answered >= 2 * rounds, "{answered}");
    ca.stop().await;
}

#[tokio::test]
async fn a_failed_reload_changes_nothing() {
    let ca = TestCa::start().await;
    let before = ca.reloader.app.snapshot();
    let shown = certificate_shown(&ca).await;
    for sabotage in SABOTAGES {
        let file = fs::read(ca.path.ca_json()).unwrap();
        ca.configure(|file| file["dnsNames"] = json!(["elsewhere.example"]));
        sabotage(&ca);
        ca.reload().await.unwrap_err();
        write(&ca.path.ca_json(), &file);
        write(ca.source.password_file().unwrap(), PASSWORD);
        assert!(Arc::ptr_eq(&before, &ca.reloader.app.snapshot()));
        assert_eq!(certificate_shown(&ca).await, shown);
    }
    ca.stop().await;
}

#[tokio::test]
async fn the_listener_shows_another_certificate_when_the_names_have_changed_and_only_then() {
    let ca = TestCa::start().await;
    let first = certificate_shown(&ca).await;
    ca.configure(|file| set_generation(file, GENERATIONS[0]));
    ca.reload().await.unwrap();
    assert_eq!(certificate_shown(&ca).await, first);
    ca.configure(|file| file["dnsNames"] = json!(["localhost", "new.example"]));
    ca.reload().await.unwrap();
    let second = Certificate::from_der(&certificate_shown(&ca).await).unwrap();
    let names: Vec<&str> = second.subject_alt_names().unwrap().dns_names().iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["localhost", "new.example"]);
    ca.stop().await;
}

#[tokio::test]
async fn a_new_address_is_served_and_kept_connections_are_as_well() {
    let ca = TestCa::start().await;
    let kept = ca.client(true);
    let old = ca.url("/health");
    assert_eq!(kept.get(&old).send().await.unwrap().status(), 200);
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    ca.configure(|file| file["address"] = json!(format!("127.0.0.1:{port}")));
    ca.reload().await.unwrap();
    let new = format!("https://localhost:{port}/health");
    assert_eq!(ca.client(false).get(&new).send().await.unwrap().status(), 200);
    assert_eq!(kept.get(&old).send().await.unwrap().status(), 200);
    while tokio::net::TcpStream::connect(ca.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    ca.stop().await;
}

/// The certificate of the listener, as a new client is shown it.
async fn certificate_shown(ca: &TestCa) -> Vec<u8> {
    let socket = tokio::net::TcpStream::connect(ca.address).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let stream = tokio_rustls::TlsConnector::from(Arc::new(ca.client_tls())).connect(name, socket).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}
