//! Reloads of a whole CA, over real TLS, while clients of every kind ask.

use super::*;
use crate::{
    app::Ca,
    clock::{Clock as _, System},
};
use authority::{Certificate, pem};
use jose::{SigningKey, jwe, jws};
use rustls::crypto::aws_lc_rs;
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};
use steppath::{Access, AuthorityOptions, InitOptions, Overwrite, StepPath};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, JoinSet},
};

const PASSWORD: &[u8] = b"throw-away";
const PROVISIONER: &str = "you@example.com";

/// A CA that serves, and the files it was made from.
struct TestCa {
    _folder: tempfile::TempDir,
    path: StepPath,
    source: Source,
    address: SocketAddr,
    reloader: Arc<Reloader>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<crate::server::Drained>,
}

impl TestCa {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = StepPath::new(folder.path()).unwrap();
        let options = InitOptions {
            name: "Test",
            key_password: PASSWORD,
            root: None,
            overwrite: Overwrite::Refuse,
            now: System.now(),
            authority: Some(AuthorityOptions {
                dns_names: &["localhost".to_owned()],
                address: "127.0.0.1:0",
                provisioner: PROVISIONER,
                provisioner_password: PASSWORD,
                ca_url: None,
            }),
        };
        steppath::init(&path, &options).unwrap();
        configure(&path, |file| drop(file.as_object_mut().unwrap().remove("logger")));
        let password_file = folder.path().join("password");
        write(&password_file, PASSWORD);
        let source = Source { file: path.ca_json(), address: None, password: PasswordSource::File(password_file) };
        std::os::unix::fs::symlink(compiled_modules(), folder.path().join("cache")).unwrap();
        let Read { config, password, .. } = source.read().unwrap();
        let ca = Ca::start(&config, password, Arc::new(System)).await.unwrap();
        let (address, reloader) = (ca.address().unwrap(), ca.reloader().clone());
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(ca.serve(async {
            let _ = stopped.await;
        }));
        Self { _folder: folder, path, source, address, reloader, stop, serving }
    }

    fn configure(&self, change: impl FnOnce(&mut Value)) {
        configure(&self.path, change);
    }

    /// Where the module of a policy may be.
    fn module(&self) -> PathBuf {
        self.path.base().join("corp.wasm")
    }

    async fn reload(&self) -> Result<(), String> {
        self.reloader.reload(&self.source).await.map_err(|error| error.to_string())
    }

    fn client_tls(&self) -> rustls::ClientConfig {
        let root = Certificate::from_pem(&fs::read_to_string(self.path.root_certificate()).unwrap()).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root.der().to_vec().into()).unwrap();
        rustls::ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// A client that keeps its connections, or makes one for every request.
    fn client(&self, keeps: bool) -> reqwest::Client {
        let tls = self.client_tls();
        let idle = if keeps { usize::MAX } else { 0 };
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
        client.pool_max_idle_per_host(idle).build().unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        assert_eq!(self.serving.await.unwrap().abandoned, 0);
    }
}

/// Changes `ca.json`.
fn configure(path: &StepPath, change: impl FnOnce(&mut Value)) {
    let mut file: Value = serde_json::from_slice(&fs::read(path.ca_json()).unwrap()).unwrap();
    change(&mut file);
    write(&path.ca_json(), file.to_string().as_bytes());
}

/// What CAs of earlier tests have compiled, beside the program of the tests. Nobody believes it without its MAC.
fn compiled_modules() -> PathBuf {
    let folder = std::env::current_exe().unwrap().with_file_name("step-ca.modules");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(path: &Path, contents: &[u8]) {
    steppath::write(path, contents, Access::Private, Overwrite::Allow).unwrap();
}

/// Makes requests that are granted.
struct Applicant {
    key: SigningKey,
    kid: String,
    csr: String,
    count: AtomicUsize,
}

impl Applicant {
    fn new(ca: &TestCa) -> Self {
        let file: Value = serde_json::from_slice(&fs::read(ca.path.ca_json()).unwrap()).unwrap();
        let encrypted = file["authority"]["provisioners"][0]["encryptedKey"].as_str().unwrap();
        let jwk = jwe::decrypt_jwk(encrypted, PASSWORD).unwrap();
        let leaf = authority::keys::PrivateKey::generate(authority::keys::KeySpec::EcP256).unwrap();
        let names = authority::SubjectAltNames::classify(&["a.example"]).unwrap();
        let request = authority::pki::create_csr(&leaf, "a.example", &names).unwrap();
        Self {
            key: SigningKey::from_jwk(&jwk).unwrap(),
            kid: jwk.kid().unwrap().to_owned(),
            csr: pem::encode("CERTIFICATE REQUEST", request.der()),
            count: AtomicUsize::new(0),
        }
    }

    fn body(&self) -> String {
        let now = System.now().as_unix();
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let claims = json!({
            "aud": "https://localhost/1.0/sign", "exp": now + 300, "iat": now, "nbf": now, "iss": PROVISIONER,
            "jti": format!("{number:064x}"), "sans": ["a.example"], "sub": "a.example",
        });
        let token = jws::sign_with(&jws::ProtectedHeader::jwt(&self.kid), claims.to_string(), &self.key).unwrap();
        json!({"csr": self.csr, "ott": token}).to_string()
    }
}

/// Clients that ask without a pause.
struct Load {
    answered: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    askers: JoinSet<()>,
}

impl Load {
    fn start(ca: &TestCa) -> Self {
        let applicant = Arc::new(Applicant::new(ca));
        let mut load = Self { answered: Arc::default(), is_over: Arc::default(), askers: JoinSet::new() };
        for number in 0..ASKERS {
            let (client, url) = (ca.client(number % 2 == 0), ca.url("/sign"));
            let (answered, is_over) = (load.answered.clone(), load.is_over.clone());
            let applicant = applicant.clone();
            load.askers.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let answer = client.post(&url).body(applicant.body()).send().await.unwrap();
                    let status = answer.status();
                    let text = answer.text().await.unwrap();
                    assert_eq!(status, 201, "{text}");
                    assert!(GENERATIONS.contains(&generation(&text)), "of two configurations: {text}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        load
    }

    /// Waits until another request has been answered.
    async fn go_on(&self) {
        let before = self.answered.load(Ordering::Relaxed);
        while self.answered.load(Ordering::Relaxed) == before && !self.askers.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// How many requests were answered, all of them well.
    async fn end(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        self.askers.join_all().await;
        self.answered.load(Ordering::Relaxed)
    }
}

const ASKERS: usize = 6;

/// The version of TLS that a configuration recommends, and how many hours its certificates live.
type Generation = (&'static str, u64);
const GENERATIONS: [(&str, u64); 2] = [("1.2", 1), ("1.3", 2)];

fn generation(answer: &str) -> Generation {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let certificate = Certificate::from_pem(answer["crt"].as_str().unwrap()).unwrap();
    let validity = certificate.validity();
    let hours = validity.not_after.duration_since(validity.not_before).unwrap().as_secs() / 3_600;
    let version = if answer["tlsOptions"]["maxVersion"] == json!(1.3) { "1.3" } else { "1.2" };
    (version, hours)
}

fn set_generation(file: &mut Value, (version, hours): Generation) {
    let version: Value = serde_json::from_str(version).unwrap();
    file["tls"] = json!({"minVersion": 1.2, "maxVersion": version});
    file["authority"]["claims"] = json!({"defaultTLSCertDuration": format!("{hours}h"), "maxTLSCertDuration": "2h"});
}

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
    let load = Load::start(&ca);
    let rounds = 2 * SABOTAGES.len();
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
    let config = ca.client_tls();
    let socket = tokio::net::TcpStream::connect(ca.address).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}
