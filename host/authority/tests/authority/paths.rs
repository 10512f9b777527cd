//! Path validation for certificates others present.

use step_authority::keys::KeySpec;
use step_authority::{
    Certificate, Edit, ObjectIdentifier, PathError, Timestamp, Validity, oid, pki, verify_ca_path, verify_host,
    verify_path,
};

use crate::harness::{DAY, NOW, TestCa, at, key, names, request, validity};
use crate::openssl::OpenSsl;

#[test]
fn a_leaf_leads_over_the_intermediate_to_the_root() {
    let ca = TestCa::new();
    let leaf = ca.issue("host");
    let intermediates = ca.authority.issuer().chain();
    let other = TestCa::new();
    let roots = [other.root, ca.root.clone()];
    let path = verify_path(&leaf, intermediates, &roots, NOW, &[oid::CLIENT_AUTH, oid::SERVER_AUTH]).unwrap();
    assert_eq!(path, [leaf, intermediates[0].clone(), ca.root]);
}

#[test]
fn a_path_is_checked_at_the_time_asked_for() {
    let ca = TestCa::new();
    let leaf = ca.issue("host");
    let intermediates = ca.authority.issuer().chain();
    let verify =
        |time| verify_path(&leaf, intermediates, std::slice::from_ref(&ca.root), time, &[]).map(|path| path.len());
    assert_eq!(verify(at(0)), Ok(3));
    assert_eq!(verify(at(DAY)), Ok(3));
    assert_eq!(verify(at(DAY + 1)), Err(PathError::Expired));
    assert_eq!(verify(at(-61)), Err(PathError::NotYetValid));
    assert_eq!(verify(at(87_600 * 3600 + 1)), Err(PathError::Expired));
}

#[test]
fn a_foreign_or_missing_root_or_intermediate_is_not_a_path() {
    let (ca, other) = (TestCa::new(), TestCa::new());
    let leaf = ca.issue("host");
    let own = ca.authority.issuer().chain();
    let unknown = Err(PathError::UnknownIssuer);
    let verify = |intermediates, roots: &[_]| verify_path(&leaf, intermediates, roots, NOW, &[]).map(|path| path.len());
    assert_eq!(verify(own, &[other.root]), unknown);
    assert_eq!(verify(own, &[]), unknown);
    assert_eq!(verify(&[], std::slice::from_ref(&ca.root)), unknown);
    assert_eq!(verify(other.authority.issuer().chain(), &[ca.root]), unknown);
}

#[test]
fn a_usage_the_leaf_does_not_have_is_not_allowed() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::RestrictExtKeyUsage(vec![oid::SERVER_AUTH])).unwrap();
    let leaf = ca.sign(draft).certificate().clone();
    let verify = |usages: &[ObjectIdentifier]| {
        verify_path(&leaf, ca.authority.issuer().chain(), std::slice::from_ref(&ca.root), NOW, usages)
            .map(|path| path.len())
    };
    assert_eq!(verify(&[oid::SERVER_AUTH]), Ok(3));
    assert_eq!(verify(&[oid::CLIENT_AUTH]), Err(PathError::UsageNotAllowed));
    assert_eq!(verify(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]), Err(PathError::UsageNotAllowed));
}

#[test]
fn a_ca_under_an_intermediate_that_allows_none_is_not_a_path() {
    let ca = TestCa::new();
    // A root of its own, which another root signs with path length 0 in between.
    let sub_key = key(KeySpec::EcP256);
    let sub = pki::create_intermediate("Sub", &sub_key, &ca.root, &ca.root_key, NOW).unwrap();
    assert!(verify_path(&sub, &[], &[ca.root], NOW, &[]).is_err(), "a CA certificate is no leaf");
}

/// A chain of CAs made with `rcgen`, each signed by the one before; the root first.
struct Chain {
    certificates: Vec<Certificate>,
}

impl Chain {
    fn of(cas: Vec<rcgen::CertificateParams>) -> Self {
        let mut certificates = Vec::new();
        let mut issuer: Option<rcgen::Issuer<'static, rcgen::KeyPair>> = None;
        for (number, mut ca) in cas.into_iter().enumerate() {
            let key = rcgen::KeyPair::generate().unwrap();
            ca.distinguished_name = rcgen::DistinguishedName::new();
            ca.distinguished_name.push(rcgen::DnType::CommonName, format!("CA {number}"));
            ca.not_before = rcgen::date_time_ymd(2026, 1, 1);
            ca.not_after = rcgen::date_time_ymd(2027, 1, 1);
            let signed = match &issuer {
                Some(issuer) => ca.signed_by(&key, issuer).unwrap(),
                None => ca.self_signed(&key).unwrap(),
            };
            certificates.push(Certificate::from_der(signed.der()).unwrap());
            issuer = Some(rcgen::Issuer::new(ca, key));
        }
        Self { certificates }
    }

    fn verify(&self) -> Result<usize, PathError> {
        self.verify_at(NOW, &[oid::SERVER_AUTH])
    }

    fn verify_at(&self, at: Timestamp, usages: &[ObjectIdentifier]) -> Result<usize, PathError> {
        let (root, rest) = self.certificates.split_first().unwrap();
        let (last, intermediates) = rest.split_last().unwrap();
        verify_ca_path(last, intermediates, std::slice::from_ref(root), at, usages).map(|path| path.len())
    }

    /// What `openssl verify` says; none where the program is missing.
    fn openssl(&self) -> Option<bool> {
        let openssl = OpenSsl::find()?;
        let (root, rest) = self.certificates.split_first().unwrap();
        let (last, intermediates) = rest.split_last().unwrap();
        openssl.write("root.pem", &root.pem());
        openssl.write("rest.pem", &intermediates.iter().map(Certificate::pem).collect::<String>());
        openssl.write("last.pem", &last.pem());
        let time = NOW.as_unix().to_string();
        let line = ["verify", "-purpose", "sslserver", "-attime", &time, "-CAfile", "root.pem"];
        let rest: &[&str] = if intermediates.is_empty() { &[] } else { &["-untrusted", "rest.pem"] };
        Some(openssl.run(&[&line[..], rest, &["last.pem"]].concat()).is_ok())
    }
}

fn ca(path_len: Option<u8>) -> rcgen::CertificateParams {
    let mut ca = rcgen::CertificateParams::default();
    ca.is_ca = rcgen::IsCa::Ca(match path_len {
        Some(length) => rcgen::BasicConstraints::Constrained(length),
        None => rcgen::BasicConstraints::Unconstrained,
    });
    ca
}

fn changed(change: impl FnOnce(&mut rcgen::CertificateParams)) -> rcgen::CertificateParams {
    let mut ca = ca(None);
    change(&mut ca);
    ca
}

fn with_usages(usages: &[rcgen::KeyUsagePurpose]) -> rcgen::CertificateParams {
    changed(|ca| ca.key_usages = usages.to_vec())
}

fn with_extended(usage: rcgen::ExtendedKeyUsagePurpose) -> rcgen::CertificateParams {
    changed(|ca| ca.extended_key_usages = vec![usage])
}

fn with_critical(oid: &[u64]) -> rcgen::CertificateParams {
    let mut extension = rcgen::CustomExtension::from_oid_content(oid, vec![5, 0]);
    extension.set_criticality(true);
    changed(|ca| ca.custom_extensions = vec![extension])
}

#[test]
fn each_rule_for_cas_has_a_chain_that_passes_and_one_that_fails_and_openssl_agrees() {
    use rcgen::{ExtendedKeyUsagePurpose as Extended, KeyUsagePurpose as Usage};

    let no_ca = || changed(|ca| ca.is_ca = rcgen::IsCa::ExplicitNoCa);
    let cases = [
        ("two", true, vec![ca(None), ca(None)]),
        ("eight", true, (0..8).map(|_| ca(None)).collect()),
        ("path length reached", true, vec![ca(Some(1)), ca(Some(0)), ca(None)]),
        ("the last CA is not counted", true, vec![ca(Some(0)), ca(None)]),
        ("path length exceeded", false, vec![ca(Some(0)), ca(None), ca(None)]),
        ("path length exceeded below", false, vec![ca(None), ca(Some(0)), ca(None), ca(None)]),
        ("issuer is no CA", false, vec![ca(None), no_ca(), ca(None)]),
        ("issuer may sign", true, vec![ca(None), with_usages(&[Usage::KeyCertSign]), ca(None)]),
        ("issuer may not sign", false, vec![ca(None), with_usages(&[Usage::CrlSign]), ca(None)]),
        ("usage allowed", true, vec![ca(None), with_extended(Extended::ServerAuth), ca(None)]),
        ("usage not allowed", false, vec![ca(None), with_extended(Extended::EmailProtection), ca(None)]),
        ("unknown critical extension", false, vec![ca(None), with_critical(&[1, 2, 3, 4]), ca(None)]),
        ("unknown critical extension at the end", false, vec![ca(None), with_critical(&[1, 2, 3, 4])]),
    ];
    for (name, passes, cas) in cases {
        let chain = Chain::of(cas);
        let verified = chain.verify();
        assert_eq!(verified.is_ok(), passes, "{name}: {verified:?}");
        assert!(chain.openssl().is_none_or(|theirs| theirs == passes), "{name}: openssl does not agree");
    }
}

#[test]
fn a_ca_path_has_a_time_an_end_and_a_depth() {
    let chain = Chain::of(vec![ca(None), ca(None)]);
    let january = |year: &str| format!("{year}-01-01T00:00:00Z").parse::<Timestamp>().unwrap();
    assert_eq!(chain.verify_at(january("2026"), &[]), Ok(2));
    assert_eq!(chain.verify_at(january("2025"), &[]), Err(PathError::NotYetValid));
    assert_eq!(chain.verify_at(january("2028"), &[]), Err(PathError::Expired));
    assert!(matches!(Chain::of((0..9).map(|_| ca(None)).collect()).verify(), Err(PathError::Other { .. })));
    let [root, last] = chain.certificates.as_slice() else { panic!("two") };
    let verify =
        |one: &Certificate, roots: &[Certificate]| verify_ca_path(one, &[], roots, NOW, &[]).map(|path| path.len());
    assert_eq!(verify(root, std::slice::from_ref(root)), Ok(1), "a root is a path of its own");
    assert_eq!(verify(last, &[]), Err(PathError::UnknownIssuer));
    let namesake = Chain::of(vec![ca(None)]).certificates;
    assert!(verify(last, &namesake).is_err(), "a CA of the same name with another key");
    let leaf = TestCa::new().issue("host");
    assert!(verify(&leaf, std::slice::from_ref(root)).is_err(), "a leaf is not a CA");
}

#[test]
fn name_constraints_are_refused_rather_than_passed_over() {
    let constrained = changed(|ca| {
        ca.name_constraints = Some(rcgen::NameConstraints {
            permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("example.com".into())],
            excluded_subtrees: Vec::new(),
        });
    });
    // openssl would accept this path: it has no name that is constrained.
    assert!(Chain::of(vec![ca(None), constrained, ca(None)]).verify().is_err());
}

#[test]
fn a_host_is_found_in_the_alternative_names_and_nowhere_else() {
    let host_key = key(KeySpec::EcP256);
    let leaf = |common_name: &str, of: &[&str]| {
        let request = pki::create_csr(&host_key, common_name, &names(of)).unwrap();
        pki::self_sign_leaf(&request, &host_key, validity(0, DAY)).unwrap()
    };
    let wildcard = leaf("cn.example.com", &["*.example.com", "10.0.0.1", "::1"]);
    for host in ["a.example.com", "A.EXAMPLE.com", "10.0.0.1", "::1"] {
        assert_eq!(verify_host(&wildcard, host), Ok(()), "{host}");
    }
    for host in ["example.com", "a.b.example.com", "10.0.0.2", "::2", "", "a b", "*.example.com.evil"] {
        assert!(matches!(verify_host(&wildcard, host), Err(PathError::OtherHost { .. })), "{host}");
    }
    let other = leaf("cn.example.com", &["other.example.com"]);
    assert!(verify_host(&other, "cn.example.com").is_err(), "a common name is no host");
}

#[test]
fn a_weak_key_below_the_root_is_refused() {
    let Some(openssl) = OpenSsl::find() else { return };
    let root_key = key(KeySpec::EcP256);
    let root = pki::create_root("Test", &root_key, NOW).unwrap();
    openssl.write("root.pem", &root.pem());
    openssl.write("root.key", &root_key.to_pem().unwrap());
    let request = openssl.request(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], &[]);
    openssl.write("weak.csr", &request);
    let sign = ["x509", "-req", "-in", "weak.csr", "-CA", "root.pem", "-CAkey", "root.key", "-copy_extensions", "copy"];
    let weak = openssl.run(&[&sign[..], &["-days", "36500"]].concat()).unwrap();
    let weak = Certificate::from_pem(&weak).unwrap();
    let now = weak.validity().not_before.max(NOW);
    let verified = verify_path(&weak, &[], &[root], now, &[]);
    assert!(matches!(verified, Err(PathError::Key(_))), "{verified:?}");
}

#[test]
fn a_validity_that_ends_before_it_begins_is_not_signed() {
    let root_key = key(KeySpec::EcP256);
    let reversed = Validity { not_before: at(1), not_after: at(0) };
    assert!(matches!(pki::self_sign_root("Test", &root_key, reversed), Err(pki::PkiError::Validity { .. })));
    assert!(matches!(pki::self_sign_root("", &root_key, validity(0, 1)), Err(pki::PkiError::Nameless { .. })));
    let long = "x".repeat(65);
    assert!(matches!(pki::self_sign_root(&long, &root_key, validity(0, 1)), Err(pki::PkiError::Subject(_))));
}

#[test]
fn an_intermediate_made_from_a_request_ends_with_its_issuer() {
    let (root_key, sub_key) = (key(KeySpec::EcP384), key(KeySpec::Rsa { bits: 2048 }));
    let root = pki::self_sign_root("My root", &root_key, validity(0, DAY)).unwrap();
    let csr = pki::create_csr(&sub_key, "My intermediate", &names(&[])).unwrap();
    let sub = pki::sign_intermediate(&csr, &root, &root_key, validity(0, 2 * DAY)).unwrap();
    assert_eq!(sub.subject().to_string(), "CN=My intermediate");
    assert_eq!(sub.validity().not_after, at(DAY));
    assert_eq!((sub.is_ca(), sub.path_len()), (true, Some(0)));
    assert_eq!(verify_ca_path(&sub, &[], &[root], NOW, &[]).map(|path| path.len()), Ok(2));
    assert!(pki::sign_intermediate(&csr, &sub, &sub_key, validity(0, DAY)).is_err(), "it allows no CA below it");
    let other = request("host", &["host"]);
    assert!(matches!(pki::self_sign_leaf(&other, &root_key, validity(0, DAY)), Err(pki::PkiError::OtherRequest)));
}
