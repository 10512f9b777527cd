//! What certificates say they came of, where `ca.json` has them say so.

use authority::{Certificate, ObjectIdentifier};
use policy_runtime::contract::{check::Edit, types::Extension};
use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair};
use reqwest::Method;
use serde_json::{Value, json};
use step_ca::audit::Outcome;
use step_tests::{Answer, Builder, Csr, Leaf, OpenSsl, TestCa, body_of_2026, fixed};

const OID: &str = "1.3.6.1.4.1.32473.1.2";

fn with_provenance() -> Builder {
    TestCa::build().configure(state)
}

fn state(ca_json: &mut Value) {
    ca_json["authority"]["provenance"] = json!({"oid": OID});
}

fn stated(certificate: &Certificate) -> Vec<&authority::Extension> {
    let oid = ObjectIdentifier::new(OID).unwrap();
    certificate.extensions().iter().filter(|extension| extension.oid == oid).collect()
}

/// Decision and digests as a certificate has them, read by somebody else.
#[track_caller]
fn read(openssl: &OpenSsl, certificate: &Certificate) -> (String, Vec<String>) {
    openssl.write("leaf.crt", certificate.pem());
    let text = openssl.run("x509 -in leaf.crt -noout -text");
    assert_eq!(text.matches(OID).count(), 1, "{text}");
    let whole = openssl.run("asn1parse -in leaf.crt");
    let mut lines = whole.lines().skip_while(|line| !line.ends_with(OID)).skip(1);
    // Right behind the identifier: there is no BOOLEAN that makes it critical.
    let (kind, value) = lines.next().unwrap().rsplit_once(':').unwrap();
    assert!(kind.ends_with("OCTET STRING      [HEX DUMP]"), "{kind}");
    openssl.write("value.der", hex::decode(value).unwrap());
    let parsed = openssl.run("asn1parse -inform DER -in value.der");
    let of = |kind: &str| -> Vec<String> {
        let lines = parsed.lines().filter(|line| line.contains(kind));
        lines.map(|line| line.rsplit_once(':').unwrap().1.to_lowercase()).collect()
    };
    assert_eq!((of("INTEGER"), of("SEQUENCE").len()), (vec!["00".to_owned()], 2), "{parsed}");
    let [decision] = &of("UTF8STRING")[..] else { panic!("{parsed}") };
    (decision.clone(), of("OCTET STRING"))
}

/// The certificate names the decision that is on record, and the modules of record and answer.
#[track_caller]
fn is_told(ca: &TestCa, openssl: &OpenSsl, answer: &Answer) -> String {
    let certificate = answer.certificate();
    let (decision, modules) = read(openssl, &certificate);
    let records = ca.records();
    let entry = records.decision(&decision).expect("the decision is on record");
    assert_eq!((entry.outcome, entry.serial_number), (Outcome::Issued, Some(*certificate.serial_number())));
    assert!(records.has(&certificate), "what is on record says it, too");
    let recorded: Vec<_> = entry.modules.iter().map(|module| module.sha256.to_string()).collect();
    let answered = answer.json()["policies"].as_array().unwrap().clone();
    let answered: Vec<_> = answered.iter().map(|module| module["sha256"].as_str().unwrap().to_owned()).collect();
    assert_eq!((&modules, &modules), (&recorded, &answered));
    decision
}

#[test]
fn a_certificate_names_its_decision_and_the_modules_in_the_order_they_decided() {
    let Some(openssl) = OpenSsl::find() else { return };
    let allowing = fixed::check(&Ok(vec![]));
    let ca = with_provenance()
        .module("corp", &allowing)
        .configure(|ca_json| ca_json["authority"]["policies"] = json!(["corp"]))
        .start();
    let answer = ca.sign(&Csr::of("web.example.com"), &ca.token("web.example.com").sign()).expect(201);
    let decision = is_told(&ca, &openssl, &answer);
    let (_, modules) = read(&openssl, &answer.certificate());
    assert_eq!(modules.len(), 3, "builtin:jwk, builtin:claims, corp");
    assert_eq!(modules[2], step_ca::audit::Digest::of(&[&allowing]).to_string());
    assert_eq!(decision.len(), 20);
    openssl.verify(&ca.pki().root, &answer.chain()[1..], &[answer.certificate()]).unwrap();
}

#[test]
fn a_renewed_or_rekeyed_certificate_names_the_decision_of_today_and_no_other() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    assert_eq!(stated(leaf.certificate()), [] as [&authority::Extension; 0], "nobody has asked for it");
    ca.configure(state);
    ca.reload();
    let mut decisions = Vec::new();
    let mut leaf = leaf;
    for _ in 0..2 {
        let client = ca.client_with(leaf.identity());
        let renewed = client.send(client.request(Method::POST, "/renew")).expect(201);
        decisions.push(is_told(&ca, &openssl, &renewed));
        leaf = Leaf { chain: renewed.chain(), key: leaf.key };
    }
    let csr = Csr::of("web.example.com");
    let rekeyed = ca.client_with(leaf.identity()).post("/rekey", &json!({"csr": csr.pem})).expect(201);
    decisions.push(is_told(&ca, &openssl, &rekeyed));
    decisions.sort();
    decisions.dedup();
    assert_eq!(decisions.len(), 3);
}

#[test]
fn what_the_ca_issues_to_itself_came_of_nobodys_request() {
    let ca = with_provenance().start();
    let records = ca.records();
    assert!(!records.certificates.is_empty());
    assert!(records.certificates.iter().all(|record| stated(&record.certificate).is_empty()));
}

#[test]
fn no_request_says_what_its_certificate_came_of() {
    let ca = with_provenance().start();
    let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a.example");
    let oid: Vec<u64> = OID.split('.').map(|arc| arc.parse().unwrap()).collect();
    let forged = [0x30, 11, 2, 1, 0, 0x0c, 4, b'f', b'a', b'k', b'e', 0x30, 0];
    params.custom_extensions.push(CustomExtension::from_oid_content(&oid, forged.to_vec()));
    let csr = params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap();
    let body = body_of_2026(&csr, &ca.token("a.example").sign(), "", "");
    let certificate = ca.client().post("/sign", &body).expect(201).certificate();
    let [stated] = stated(&certificate)[..] else { panic!("it is there once") };
    assert_ne!(stated.value, forged);
}

#[test]
fn no_module_says_it_either_whatever_it_is_granted() {
    let value = vec![0x30, 0];
    let forging = fixed::check(&Ok(vec![Edit::AddExtension(Extension { oid: OID.into(), critical: false, value })]));
    let mut ca = with_provenance()
        .module_with("corp", &forging, json!({"grants": {"extensions": [OID]}}))
        .configure(|ca_json| ca_json["authority"]["policies"] = json!(["corp"]))
        .start();
    let _ = ca.sign(&Csr::of("web.example.com"), &ca.token("web.example.com").sign()).expect(500);
    ca.stop();
    let records = ca.records();
    let fault = records.with(Outcome::Fault).last().unwrap();
    let message = fault.message.as_deref().unwrap();
    assert!(message.contains(&format!("the extension {OID} is the authority's own")), "{message}");
}

#[test]
fn an_identifier_that_is_not_the_operators_own_stops_the_start() {
    for (oid, part) in [
        ("1.3.6.1.4.1.37476.9000.64.1", "is another's"),
        ("2.25.329800735698586629295641978511506172918", "more than 31 bits"),
    ] {
        let builder =
            TestCa::build().configure(move |ca_json| ca_json["authority"]["provenance"] = json!({"oid": oid}));
        let error = builder.try_start().err().unwrap();
        assert!(error.contains("authority.provenance.oid") && error.contains(part), "{error}");
    }
}
