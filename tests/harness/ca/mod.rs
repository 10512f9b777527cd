//! A whole CA on a free port of 127.0.0.1.

mod builder;
mod modules;
mod running;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
};

use authority::{Certificate, Timestamp};
use jose::Jwk;
use serde_json::Value;
use step_ca::{
    app::App,
    clock::{Clock, Held, System},
    reload::{PasswordSource, Source},
};
use steppath::StepPath;
use tempfile::TempDir;

pub use self::builder::{Builder, Second};
use self::running::Running;
use crate::{
    answer::Answer,
    client::{Client, Identity, Ledger},
    identity::Leaf,
    invariants,
    pki::{self, PASSWORD, PROVISIONER, Pki, PkiFiles},
    records::Records,
    request::{Csr, body_of_2026},
    token::Token,
};

/// A CA of a test's own, or one that tests share. When it is dropped it stops, and its records are checked.
pub struct TestCa {
    folder: Folder,
    pki: Pki,
    clock: TestClock,
    /// Root and intermediate of those that have issued, or will.
    hierarchies: Vec<(Certificate, Certificate)>,
    ledger: Arc<Ledger>,
    are_all_clients_ours: bool,
    running: Option<Running>,
    client: Option<Client>,
    has_run: bool,
}

/// `$STEPPATH`, and who removes it.
struct Folder {
    path: StepPath,
    /// None when somebody else does.
    _temporary: Option<TempDir>,
}

enum TestClock {
    System,
    Held(Arc<Held>),
}

impl TestClock {
    fn shared(&self) -> Arc<dyn Clock> {
        match self {
            Self::System => Arc::new(System),
            Self::Held(held) => held.clone(),
        }
    }
}

impl TestCa {
    /// A CA as it comes: one provisioner, the stock claims, a clock that stands still.
    #[track_caller]
    pub fn start() -> Self {
        Self::build().start()
    }

    /// A CA to be made differently.
    pub fn build() -> Builder {
        Builder::new()
    }

    /// A CA as it comes, for tests that leave it as they find it. It ends with the last test that uses it.
    #[track_caller]
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<TestCa>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let ca = Arc::new(Self::start());
            *shared = Arc::downgrade(&ca);
            ca
        })
    }

    /// Where it listens.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        self.running().address
    }

    /// Where its metrics are, if it shows them.
    #[track_caller]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.running().metrics
    }

    /// Asks the listener of the metrics.
    ///
    /// # Panics
    /// There is none, or it does not answer.
    #[track_caller]
    pub fn ask_metrics(&self, path: &str) -> Answer {
        let address = self.metrics_address().expect("ca.json says where metrics are");
        let client = self.client();
        client.send(client.request_in_clear(reqwest::Method::GET, address, path))
    }

    /// Where its clients find it.
    #[track_caller]
    pub fn url(&self) -> String {
        format!("https://{}", self.address())
    }

    /// Its keys and certificates.
    pub fn pki(&self) -> &Pki {
        &self.pki
    }

    /// The private key of its first provisioner.
    pub fn provisioner_key(&self) -> &Jwk {
        &self.pki.provisioner
    }

    /// The parts the composition root connected.
    #[track_caller]
    pub fn app(&self) -> &Arc<App> {
        &self.running().app
    }

    /// Its folder.
    pub fn step_path(&self) -> &StepPath {
        &self.folder.path
    }

    /// The file of its store.
    pub fn store_path(&self) -> PathBuf {
        self.folder.path.base().join("db").join("step-ca.sqlite")
    }

    /// What time it is for the CA.
    pub fn now(&self) -> Timestamp {
        self.clock.shared().now()
    }

    /// The clock that stands still.
    ///
    /// # Panics
    /// The CA was made with the system's.
    #[track_caller]
    pub fn clock(&self) -> &Held {
        match &self.clock {
            TestClock::Held(held) => held,
            TestClock::System => panic!("this CA has the system's clock"),
        }
    }

    /// A client without a certificate.
    #[track_caller]
    pub fn client(&self) -> &Client {
        self.client.as_ref().expect("the CA runs")
    }

    /// A client that shows a certificate.
    #[track_caller]
    pub fn client_with(&self, identity: Identity) -> Client {
        self.new_client(self.address(), Some(identity))
    }

    /// A client without a certificate and with connections of its own.
    #[track_caller]
    pub fn another_client(&self) -> Client {
        self.new_client(self.address(), None)
    }

    /// A client of this CA where another process runs it.
    pub fn client_at(&self, address: SocketAddr) -> Client {
        self.new_client(address, None)
    }

    /// A client that shows a certificate to this CA where another process runs it.
    pub fn client_at_with(&self, address: SocketAddr, identity: Identity) -> Client {
        self.new_client(address, Some(identity))
    }

    /// A client that trusts these roots in place of the first one.
    #[track_caller]
    pub fn client_trusting(&self, roots: &[Certificate], identity: Option<Identity>) -> Client {
        Client::new(self.address(), roots, self.clock.shared(), identity, self.ledger.clone())
    }

    fn new_client(&self, address: SocketAddr, identity: Option<Identity>) -> Client {
        let root = std::slice::from_ref(&self.pki.root);
        Client::new(address, root, self.clock.shared(), identity, self.ledger.clone())
    }

    /// A good token of the first provisioner.
    pub fn token(&self, subject: &str) -> Token {
        self.token_of(PROVISIONER, &self.pki.provisioner, subject)
    }

    /// A good token of another provisioner.
    pub fn token_of(&self, provisioner: &str, key: &Jwk, subject: &str) -> Token {
        Token::new(key, provisioner, subject, &self.audience(), self.now())
    }

    /// What tokens for `/sign` have as audience.
    pub fn audience(&self) -> String {
        "https://localhost/1.0/sign".to_owned()
    }

    /// Sends a token and a request that asks for no times.
    #[track_caller]
    pub fn sign(&self, csr: &Csr, token: &str) -> Answer {
        self.client().post("/sign", &body_of_2026(&csr.pem, token, "", ""))
    }

    /// Sends a token with a request for the same name.
    #[track_caller]
    pub fn try_token(&self, token: &Token, name: &str) -> Answer {
        self.sign(&Csr::of(name), &token.sign())
    }

    /// Sends a token with a request for these names.
    #[track_caller]
    pub fn try_token_for(&self, token: &Token, common_name: &str, names: &[&str]) -> Answer {
        self.sign(&Csr::new(common_name, names), &token.sign())
    }

    /// A certificate for a name, got as everybody gets one.
    #[track_caller]
    pub fn issue(&self, name: &str) -> Leaf {
        let csr = Csr::of(name);
        let answer = self.sign(&csr, &self.token(name).sign()).expect(201);
        Leaf { chain: answer.chain(), key: csr.key }
    }

    /// Waits for work on the runtime of the CA.
    ///
    /// # Panics
    /// The CA does not run.
    #[track_caller]
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.running().runtime.block_on(work)
    }

    /// What is on record now. A refusal may be missing for up to a second, unless the CA has stopped.
    #[track_caller]
    pub fn records(&self) -> Records {
        Records::read(&self.store_path())
    }

    /// The certificates that clients of the harness were answered.
    pub fn answered(&self) -> Vec<Certificate> {
        self.ledger.all()
    }

    /// Counts a certificate that a program got in its own ways.
    pub fn witness(&self, certificate: Certificate) {
        self.ledger.add(certificate);
    }

    /// Records were lost on purpose: nothing that was answered need be among them.
    pub fn forget_answered(&mut self) {
        self.ledger.clear();
        self.are_all_clients_ours = false;
    }

    /// Certificates are also issued to clients the harness does not see.
    pub fn let_others_in(&mut self) {
        self.are_all_clients_ours = false;
    }

    /// Answers what was accepted and ends.
    pub fn stop(&mut self) {
        self.client = None;
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }

    /// Starts again on the same folder, at another port.
    #[track_caller]
    pub fn restart(&mut self) {
        self.try_restart().unwrap_or_else(|error| panic!("{error}"));
    }

    /// Starts again on the same folder, as it is now.
    ///
    /// # Errors
    /// What the operator is told.
    pub fn try_restart(&mut self) -> Result<(), String> {
        self.stop();
        self.begin()
    }

    fn begin(&mut self) -> Result<(), String> {
        let running = Running::start(&self.folder.path, self.clock.shared())?;
        self.client = Some(self.client_at(running.address));
        self.running = Some(running);
        self.has_run = true;
        Ok(())
    }

    /// Writes the certificates and the key of another PKI beside those of the first, under this name, for `ca.json` to
    /// name. What it issues is then as good as what the first did.
    pub fn add_pki(&mut self, name: &str, pki: &Pki) -> PkiFiles {
        self.hierarchies.push((pki.root.clone(), pki.intermediate.clone()));
        let folder = self.folder.path.base();
        let files = PkiFiles {
            root: folder.join(format!("{name}_root.crt")),
            certificate: folder.join(format!("{name}_intermediate.crt")),
            key: folder.join(format!("{name}_intermediate.key")),
        };
        pki.write_to(&files);
        files
    }

    /// Roots that have issued, each with its intermediate.
    pub(crate) fn hierarchies(&self) -> &[(Certificate, Certificate)] {
        &self.hierarchies
    }

    /// Puts `ca.json` as it is now in force, as a hangup does.
    ///
    /// # Panics
    /// It cannot be put in force.
    #[track_caller]
    pub fn reload(&self) {
        self.try_reload().unwrap_or_else(|error| panic!("{error}"));
    }

    /// Has the CA read `ca.json` again, as on a hangup.
    ///
    /// # Errors
    /// What the operator is told; what was in force stays in force.
    pub fn try_reload(&self) -> Result<(), String> {
        let password = self.folder.path.base().join("password");
        pki::write(&password, PASSWORD.as_bytes());
        let source =
            Source { file: self.folder.path.ca_json(), address: None, password: PasswordSource::File(password) };
        self.block_on(self.running().reloader.reload(&source)).map_err(|error| error.to_string())
    }

    /// Changes `ca.json` for the next start, or reload.
    pub fn configure(&self, change: impl FnOnce(&mut Value)) {
        builder::rewrite(&self.folder.path, change);
    }

    #[track_caller]
    fn running(&self) -> &Running {
        self.running.as_ref().expect("the CA runs")
    }

    /// Has the store compare everything it holds with itself.
    fn check_store(&self) {
        let Some(running) = &self.running else { return };
        let check = running.runtime.block_on(async { running.app.snapshot().store.check().await });
        check.unwrap_or_else(|error| panic!("the store finds fault with itself: {error:?}"));
    }
}

/// Runs the CA of a folder in this process, and never returns.
///
/// `before` is called when it listens, before it answers anybody.
pub fn serve_for_ever(folder: &Path, before: impl FnOnce(SocketAddr)) -> ! {
    let path = StepPath::new(folder).expect("a folder with a name in Unicode");
    let running = Running::start(&path, TestClock::System.shared());
    let running = running.unwrap_or_else(|error| panic!("{error}"));
    before(running.address);
    loop {
        thread::park();
    }
}

impl Drop for TestCa {
    fn drop(&mut self) {
        if thread::panicking() {
            return self.stop();
        }
        self.check_store();
        self.stop();
        if self.has_run {
            invariants::check(self, self.are_all_clients_ours);
        }
    }
}

impl Folder {
    fn temporary() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let path = StepPath::new(folder.path().join("step")).expect("a temporary folder has a name in Unicode");
        Self { path, _temporary: Some(folder) }
    }
}
