//! A whole CA on a free port, for tests that need one.

use crate::{
    app::{Ca, StartOptions},
    clock::{Clock as _, Held, System},
    reload::{PasswordSource, Read, Reloader, Source},
    server::Drained,
};
use authority::{
    Certificate, SubjectAltNames,
    keys::{KeySpec, PrivateKey},
    pem, pki,
};
use jose::{SigningKey, jwe, jws};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use steppath::{Access, AuthorityOptions, InitOptions, Overwrite, StepPath};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) const PASSWORD: &[u8] = b"throw-away";
const PROVISIONER: &str = "you@example.com";

/// A CA that serves, the files it was made from, and its clock, which stands still.
pub(crate) struct TestCa {
    folder: TempDir,
    pub(crate) path: StepPath,
    pub(crate) source: Source,
    pub(crate) clock: Arc<Held>,
    pub(crate) address: SocketAddr,
    pub(crate) reloader: Arc<Reloader>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Drained>,
}

impl TestCa {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = StepPath::new(folder.path()).unwrap();
        let now = System.now();
        let options = InitOptions {
            name: "Test",
            key_password: PASSWORD,
            root: None,
            overwrite: Overwrite::Refuse,
            now,
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
        symlink(compiled_modules(), folder.path().join("cache")).unwrap();
        let password_file = folder.path().join("password");
        write(&password_file, PASSWORD);
        let source = Source { file: path.ca_json(), address: None, password: PasswordSource::File(password_file) };
        Self::serve(folder, path, source, Arc::new(Held::at(now)), StartOptions::default()).await
    }

    async fn serve(folder: TempDir, path: StepPath, source: Source, clock: Arc<Held>, options: StartOptions) -> Self {
        let Read { config, password, .. } = source.read().unwrap();
        let ca = Ca::start_with(&config, password, clock.clone(), options).await.unwrap();
        let (address, reloader) = (ca.address().unwrap(), ca.reloader().clone());
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(ca.serve(async {
            let _ = stopped.await;
        }));
        Self { folder, path, source, clock, address, reloader, stop, serving }
    }

    /// Stops, and starts on the same files at another port.
    pub(crate) async fn restart(self, options: StartOptions) -> Self {
        let Self { folder, path, source, clock, reloader, stop, serving, .. } = self;
        let store = Arc::downgrade(&reloader.foundations.store);
        drop(reloader);
        stop.send(()).unwrap();
        serving.await.unwrap();
        // Tasks that were told to end hold it a moment longer.
        while store.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        Self::serve(folder, path, source, clock, options).await
    }

    pub(crate) fn configure(&self, change: impl FnOnce(&mut Value)) {
        configure(&self.path, change);
    }

    /// Where the module of a policy may be.
    pub(crate) fn module(&self) -> PathBuf {
        self.path.base().join("corp.wasm")
    }

    pub(crate) async fn reload(&self) -> Result<(), String> {
        self.reloader.reload(&self.source).await.map_err(|error| error.to_string())
    }

    pub(crate) fn client_tls(&self) -> ClientConfig {
        let root = Certificate::from_pem(&fs::read_to_string(self.path.root_certificate()).unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(root.der().to_vec().into()).unwrap();
        ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// A client that keeps its connections, or makes one for every request.
    pub(crate) fn client(&self, keeps: bool) -> reqwest::Client {
        let tls = self.client_tls();
        let idle = if keeps { usize::MAX } else { 0 };
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
        client.pool_max_idle_per_host(idle).build().unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    pub(crate) async fn stop(self) {
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

pub(crate) fn write(path: &Path, contents: &[u8]) {
    steppath::write(path, contents, Access::Private, Overwrite::Allow).unwrap();
}

/// Makes requests that are granted.
pub(crate) struct Applicant {
    key: SigningKey,
    kid: String,
    clock: Arc<Held>,
    csr: String,
    count: AtomicUsize,
}

impl Applicant {
    pub(crate) fn new(ca: &TestCa) -> Self {
        let file: Value = serde_json::from_slice(&fs::read(ca.path.ca_json()).unwrap()).unwrap();
        let encrypted = file["authority"]["provisioners"][0]["encryptedKey"].as_str().unwrap();
        let jwk = jwe::decrypt_jwk(encrypted, PASSWORD).unwrap();
        let leaf = PrivateKey::generate(KeySpec::EcP256).unwrap();
        let names = SubjectAltNames::classify(&["a.example"]).unwrap();
        let request = pki::create_csr(&leaf, "a.example", &names).unwrap();
        Self {
            key: SigningKey::from_jwk(&jwk).unwrap(),
            kid: jwk.kid().unwrap().to_owned(),
            clock: ca.clock.clone(),
            csr: pem::encode("CERTIFICATE REQUEST", request.der()),
            count: AtomicUsize::new(0),
        }
    }

    pub(crate) fn body(&self) -> String {
        let now = self.clock.now().as_unix();
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let claims = json!({
            "aud": "https://localhost/1.0/sign", "exp": now + 300, "iat": now, "nbf": now, "iss": PROVISIONER,
            "jti": format!("{number:064x}"), "sans": ["a.example"], "sub": "a.example",
        });
        let token = jws::sign_with(&jws::ProtectedHeader::jwt(&self.kid), claims.to_string(), &self.key).unwrap();
        json!({"csr": self.csr, "ott": token}).to_string()
    }
}
