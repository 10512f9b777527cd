//! The issuing key in a PKCS#11 token: SoftHSM, in a process of its own, since it reads its configuration once.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::Command,
};

use authority::keys::KeySpec;
use serde_json::{Value, json};
use step_ca::{audit::Operation, store::Reader};
use step_tests::{Client, OpenSsl, Pki, TestCa};
use tempfile::TempDir;

use crate::{
    child::Process,
    killed::sign,
    upkeep::{config, done},
};

const PIN: &str = "135790";

/// A token with one key, and the CA whose it is.
struct TokenCa {
    ca: TestCa,
    token: SoftHsm,
}

/// Where Debian, Fedora and Alpine put it.
const MODULES: [&str; 3] =
    ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so", "/usr/lib/softhsm/libsofthsm2.so.2"];

/// A token of SoftHSM in a folder of its own.
struct SoftHsm {
    folder: TempDir,
    module: &'static str,
}

impl SoftHsm {
    /// An empty token, or none where SoftHSM is not installed.
    fn new() -> Option<Self> {
        let module = MODULES.into_iter().find(|module| Path::new(module).exists());
        let has_program = Command::new("softhsm2-util").arg("--version").output().is_ok();
        let Some(module) = module.filter(|_| has_program) else {
            println!("skipped: SoftHSM is not installed (Debian: softhsm2)");
            return None;
        };
        let token = Self { folder: tempfile::tempdir().unwrap(), module };
        fs::create_dir(token.tokens()).unwrap();
        let tokens = token.tokens();
        fs::write(token.configuration(), format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display()))
            .unwrap();
        token.run(&["--init-token", "--free", "--label", "ca", "--pin", PIN, "--so-pin", "24680246"]);
        token.write_pin(PIN);
        Some(token)
    }

    fn tokens(&self) -> PathBuf {
        self.folder.path().join("tokens")
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }

    fn pin_file(&self) -> PathBuf {
        self.folder.path().join("pin")
    }

    fn write_pin(&self, pin: &str) {
        fs::write(self.pin_file(), format!("{pin}\n")).unwrap();
        fs::set_permissions(self.pin_file(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Puts the issuing key of a PKI into it.
    fn import(&self, pki: &Pki) {
        let openssl = OpenSsl::find().unwrap();
        let file = openssl.write("key.der", pki.intermediate_key.to_pkcs8_der().unwrap().as_slice());
        openssl.run("pkcs8 -topk8 -nocrypt -inform DER -in key.der -out key.pem");
        let file = file.with_file_name("key.pem");
        let file = file.to_str().unwrap();
        self.run(&["--import", file, "--token", "ca", "--label", "issuer", "--id", "01ab", "--pin", PIN]);
    }

    fn run(&self, arguments: &[&str]) {
        let output =
            Command::new("softhsm2-util").env("SOFTHSM2_CONF", self.configuration()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What `kms` of `ca.json` says of it.
    fn kms(&self) -> Value {
        let uri =
            format!("pkcs11:module-path={};token=ca?pin-source={}", self.module, self.pin_file().to_str().unwrap());
        json!({"type": "pkcs11", "uri": uri})
    }
}

impl TokenCa {
    /// A CA that has stopped, and whose key is now in a token.
    fn new(kind: KeySpec) -> Option<Self> {
        let token = SoftHsm::new()?;
        let mut ca = TestCa::build().system_clock().issuer_key(kind).start();
        ca.let_others_in();
        ca.stop();
        token.import(ca.pki());
        fs::remove_file(ca.step_path().intermediate_key()).unwrap();
        let kms = token.kms();
        ca.configure(|ca_json| {
            ca_json["key"] = json!("pkcs11:object=issuer;id=%01%ab");
            ca_json["kms"] = kms;
        });
        Some(Self { ca, token })
    }

    fn start(&self, fault: Option<&str>) -> Process {
        Process::start_with(self.ca.step_path().base(), fault, &[("SOFTHSM2_CONF", &self.token.configuration())])
    }

    /// What it says when it does not start.
    fn refusal(&self) -> String {
        Process::refusal(self.ca.step_path().base(), &[("SOFTHSM2_CONF", &self.token.configuration())])
    }

    /// Names that are intended and not on record.
    fn unclaimed(&self) -> Vec<Vec<String>> {
        let unclaimed = Reader::open(&self.ca.store_path()).unwrap().unclaimed().unwrap();
        unclaimed.into_iter().map(|intent| intent.names).collect()
    }
}

/// The status of the answer.
fn ask(client: &Client, name: &str, token: &str) -> u16 {
    sign(client, name, token).unwrap().status
}

#[test]
fn keys_in_a_token_issue_what_openssl_verifies() {
    let kinds = [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }];
    for kind in kinds {
        let Some(it) = TokenCa::new(kind) else { return };
        let process = it.start(None);
        let client = it.ca.client_at(process.address);
        let answer = sign(&client, "a.example", &it.ca.token("a.example").sign()).unwrap().expect(201);
        let chain = answer.chain();
        let openssl = OpenSsl::find().unwrap();
        openssl.verify(&it.ca.pki().root, &chain[1..], &chain[..1]).unwrap();
        // A token that is used twice is refused, and what was signed for it is gone.
        let token = it.ca.token("b.example").sign();
        assert_eq!(ask(&client, "b.example", &token), 201);
        assert_eq!(ask(&client, "b.example", &token), 401);
        process.kill();
        assert_eq!(it.unclaimed(), [[""; 0]; 0], "{kind:?}");
    }
}

#[test]
fn many_at_once_share_few_sessions() {
    let Some(it) = TokenCa::new(KeySpec::EcP256) else { return };
    it.ca.configure(|ca_json| ca_json["key"] = json!("pkcs11:object=issuer?max-sessions=2"));
    let process = it.start(None);
    let client = it.ca.client_at(process.address);
    std::thread::scope(|scope| {
        for number in 0..16 {
            let (ca, client) = (&it.ca, &client);
            scope.spawn(move || {
                let name = format!("n{number}.example");
                assert_eq!(ask(client, &name, &ca.token(&name).sign()), 201);
            });
        }
    });
    process.kill();
    assert_eq!(it.unclaimed(), [[""; 0]; 0]);
}

#[test]
fn whatever_is_wrong_with_a_token_is_said_before_anything_is_served() {
    let Some(it) = TokenCa::new(KeySpec::EcP256) else { return };
    let says = |what: &str| {
        let refusal = it.refusal();
        assert!(refusal.contains(what), "{what}: {refusal}");
        assert!(!refusal.contains(PIN) && !refusal.contains("97531"), "{refusal}");
    };
    it.token.write_pin("97531");
    says("the token refuses the PIN");
    it.token.write_pin("");
    says("is not a PIN");
    it.token.write_pin(PIN);
    fs::set_permissions(it.token.pin_file(), fs::Permissions::from_mode(0o644)).unwrap();
    says("chmod");
    it.token.write_pin(PIN);
    it.ca.configure(|ca_json| ca_json["key"] = json!("pkcs11:object=other"));
    says("the token has no private key \"other\"");
    let key = json!("pkcs11:object=issuer");
    let kms = |module: &str, token: &str| {
        let pin = it.token.pin_file();
        json!({"uri": format!("pkcs11:module-path={module};token={token}?pin-source={}", pin.to_str().unwrap())})
    };
    let (another, elsewhere) = (kms(it.token.module, "another"), kms("/nowhere/p11.so", "ca"));
    it.ca.configure(|ca_json| (ca_json["key"], ca_json["kms"]) = (key, another));
    says("there is no token \"another\"; there are \"ca\"");
    it.ca.configure(|ca_json| ca_json["kms"] = elsewhere);
    says("there is no PKCS#11 module /nowhere/p11.so");
}

#[test]
fn a_key_that_is_not_that_of_the_certificate_is_refused() {
    for (kind, why) in [
        (KeySpec::EcP256, "crt must be its certificate"),
        (KeySpec::Rsa { bits: 2048 }, "is not of the kind of the certificate's"),
    ] {
        let Some(it) = TokenCa::new(kind) else { return };
        let other = Pki::with_issuer_key(it.ca.now(), KeySpec::EcP256);
        fs::write(it.ca.step_path().intermediate_certificate(), other.intermediate.pem()).unwrap();
        let refusal = it.refusal();
        assert!(refusal.contains(why), "{kind:?}: {refusal}");
    }
}

#[test]
fn killed_between_signature_and_record_it_reports_what_was_intended() {
    let Some(it) = TokenCa::new(KeySpec::EcP256) else { return };
    let mut process = it.start(Some("issuance::before_record=kill@1"));
    let token = it.ca.token("lost.example").sign();
    sign(&it.ca.client_at(process.address), "lost.example", &token).unwrap_err();
    assert_eq!(process.wait().signal(), Some(9));
    assert_eq!(it.unclaimed(), [["lost.example"]]);
    assert!(it.ca.records().certificates.iter().all(|record| record.subject != "lost.example"));
    // The token was not spent, and the intent of the certificate it now gets is another one.
    let process = it.start(None);
    assert_eq!(ask(&it.ca.client_at(process.address), "lost.example", &token), 201);
    process.kill();
    assert_eq!(it.unclaimed(), [["lost.example"]]);
    let listed = done(&format!("check\n{}", config(&it.ca)));
    assert!(listed.contains("asked of the signer and not on record") && listed.contains("lost.example"), "{listed}");
    // Until somebody knows what became of it.
    let listed = done(&format!("intents\nlist\n{}", config(&it.ca)));
    assert!(listed.contains("lost.example") && listed.ends_with("1 of at most 1000.\n"), "{listed}");
    let settle = format!("intents\nsettle\n--all\n--reason\nnever left the token\n{}", config(&it.ca));
    assert!(done(&settle).ends_with("1 settled.\n"));
    assert_eq!(it.unclaimed(), [[""; 0]; 0]);
    let settled = it.ca.records().audit.into_iter().find(|entry| entry.operation == Operation::Settle).unwrap();
    assert_eq!(
        (settled.names, settled.message),
        (vec!["lost.example".to_owned()], Some("never left the token".to_owned()))
    );
    assert_eq!(done(&settle), "0 settled.\n");
}

#[test]
fn a_token_that_is_gone_stops_issuance_and_nothing_else() {
    let Some(it) = TokenCa::new(KeySpec::EcP256) else { return };
    let process = it.start(None);
    let client = it.ca.client_at(process.address);
    assert_eq!(ask(&client, "a.example", &it.ca.token("a.example").sign()), 201);
    let aside = it.token.folder.path().join("aside");
    fs::rename(it.token.tokens(), &aside).unwrap();
    let token = it.ca.token("b.example").sign();
    assert_eq!(ask(&client, "b.example", &token), 500);
    assert_eq!(client.send(client.request(reqwest::Method::GET, "/roots")).status, 201);
    // Nothing was signed, and the token is as good as before.
    fs::rename(&aside, it.token.tokens()).unwrap();
    // SoftHSM itself takes it for gone until its process ends.
    process.kill();
    let process = it.start(None);
    assert_eq!(ask(&it.ca.client_at(process.address), "b.example", &token), 201);
}

#[test]
fn openssl_verifies_what_a_token_says_about_certificates() {
    let Some(it) = TokenCa::new(KeySpec::EcP256) else { return };
    it.ca.configure(|ca_json| ca_json["ocsp"] = json!({"enabled": true}));
    let process = it.start(None);
    let client = it.ca.client_at(process.address);
    let answer = sign(&client, "a.example", &it.ca.token("a.example").sign()).unwrap().expect(201);
    let openssl = OpenSsl::find().unwrap();
    openssl.write("issuer.crt", it.ca.pki().intermediate.pem());
    openssl.write("root.crt", it.ca.pki().root.pem());
    openssl.write("leaf.crt", answer.chain()[0].pem());
    openssl.run("ocsp -issuer issuer.crt -cert leaf.crt -reqout request.der");
    let answer = client.post_bytes("/ocsp", fs::read(openssl.path("request.der")).unwrap()).expect(200);
    openssl.write("response.der", &answer.body);
    let text = openssl.run(
        "ocsp -reqin request.der -respin response.der -issuer issuer.crt -CAfile root.crt -verify_other issuer.crt -text",
    );
    assert!(text.contains("Cert Status: good"), "{text}");
    process.kill();
}
