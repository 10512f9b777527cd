//! Names: what the token grants, what the request asks for, and what the certificate gets.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use step_tests::{Answer, Csr, TestCa, body_of_2026};

/// A request as strangers write it: any text at all.
fn request(common_name: Option<&str>, names: Vec<SanType>) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if let Some(name) = common_name {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    params.subject_alt_names = names;
    params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

fn email(name: &str) -> SanType {
    SanType::Rfc822Name(name.try_into().unwrap())
}

fn uri(name: &str) -> SanType {
    SanType::URI(name.try_into().unwrap())
}

fn ip(address: &str) -> SanType {
    SanType::IpAddress(address.parse().unwrap())
}

fn send(ca: &TestCa, granted: &[&str], csr: &str) -> Answer {
    let token = ca.token("subject").sans(granted).sign();
    ca.client().post("/sign", &body_of_2026(csr, &token, "", ""))
}

fn issued(answer: &Answer) -> Vec<String> {
    answer.certificate().subject_alt_names().unwrap().iter().collect()
}

#[test]
fn the_certificate_has_the_granted_names_each_once_and_in_order() {
    let ca = TestCa::shared();
    let granted =
        ["b.example", "spiffe://example/a", "10.0.0.1", "A.example", "me@example.com", "2001:DB8::1", "a.example"];
    let canonical = ["a.example", "b.example", "me@example.com", "10.0.0.1", "2001:db8::1", "spiffe://example/a"];
    let all = vec![
        uri("spiffe://example/a"),
        ip("2001:db8::1"),
        dns("b.example"),
        dns("a.example"),
        dns("A.EXAMPLE"),
        email("me@example.com"),
        ip("10.0.0.1"),
    ];
    for csr in [
        request(Some("subject"), vec![]),
        request(None, vec![]),
        request(Some("b.example"), all.clone()),
        request(None, vec![ip("10.0.0.1"), ip("2001:db8::1")]),
        request(Some("subject"), vec![dns("a.example"), dns("b.example")]),
    ] {
        let answer = send(&ca, &granted, &csr).expect(201);
        assert_eq!(issued(&answer), canonical);
    }
}

#[test]
fn what_the_request_names_is_exactly_what_was_granted() {
    let ca = TestCa::shared();
    let granted = ["a.example", "b.example", "10.0.0.1", "me@example.com", "spiffe://example/a"];
    for (what, csr) in [
        ("one too few", request(None, vec![dns("a.example")])),
        ("one too many", request(None, vec![dns("a.example"), dns("b.example"), dns("c.example")])),
        ("another", request(None, vec![dns("a.example"), dns("c.example")])),
        ("another address", request(None, vec![ip("10.0.0.2")])),
        ("another kind of address", request(None, vec![ip("::a00:1")])),
        ("another mailbox", request(None, vec![email("you@example.com")])),
        ("another URI", request(None, vec![uri("spiffe://example/b")])),
        ("all good but one", request(None, vec![dns("a.example"), dns("b.example"), ip("10.0.0.9")])),
        ("another common name", request(Some("c.example"), vec![])),
        ("a common name in another case", request(Some("A.example"), vec![])),
        ("a common name with more", request(Some("a.example,b.example"), vec![])),
    ] {
        let answer = send(&ca, &granted, &csr);
        assert_eq!(answer.status, 403, "{what}: {}", answer.text());
        assert!(answer.message().contains("claim failed - got"), "{}", answer.message());
    }
}

#[test]
fn a_token_without_names_is_good_for_its_subject() {
    let ca = TestCa::shared();
    for (subject, name) in [
        ("web.example.com", "web.example.com"),
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8::7", "2001:db8::7"),
        ("me@example.com", "me@example.com"),
        ("urn:example:thing", "urn:example:thing"),
    ] {
        let csr = request(Some(subject), vec![]);
        for token in [ca.token(subject).without("sans"), ca.token(subject).sans(&[])] {
            let answer = ca.client().post("/sign", &body_of_2026(&csr, &token.sign(), "", "")).expect(201);
            assert_eq!(issued(&answer), [name]);
        }
        let other = request(Some(subject), vec![dns("other.example")]);
        let token = ca.token(subject).without("sans").sign();
        let _ = ca.client().post("/sign", &body_of_2026(&other, &token, "", "")).expect(403);
    }
}

#[test]
fn the_client_of_2019_may_write_a_mailbox_as_a_dns_name() {
    let ca = TestCa::shared();
    let csr = request(Some("me@example.com"), vec![dns("me@example.com")]);
    let token = ca.token("me@example.com").without("sans").sign();
    let answer = ca.client().post("/sign", &body_of_2026(&csr, &token, "", "")).expect(201);
    assert_eq!(issued(&answer), ["me@example.com"]);
    assert_eq!(answer.certificate().subject_alt_names().unwrap().email_addresses().len(), 1);
}

#[test]
fn an_empty_list_is_not_any_name() {
    let ca = TestCa::shared();
    let csr = request(Some("anything.example"), vec![dns("anything.example")]);
    for sans in [&[""][..], &["", ""]] {
        let answer = send(&ca, sans, &csr);
        assert_eq!(answer.status, 401, "{}", answer.text());
    }
    // Without names the subject is meant, and this one cannot be certified.
    let token = ca.token("no name").without("sans").sign();
    let csr = request(Some("no name"), vec![]);
    let _ = ca.client().post("/sign", &body_of_2026(&csr, &token, "", "")).expect(403);
}

/// Names no certificate has, by the rules of RFC 1123, RFC 5890, RFC 3986 and RFC 5280 §4.2.1.6.
const IMPOSSIBLE: &[&str] = &[
    ".",
    ".example",
    "example.",
    "a..b",
    "a_b.example",
    "-a.example",
    "a-.example",
    "a b",
    " a.example",
    "ex\u{e4}mple.de",
    "xn--a.example",
    "ab--c.example",
    "xn--ls8h=.la",
    "*",
    "*.*.example",
    "*.example",
    "a.*.example.com",
    "*a.example.com",
    "f*o.example.com",
    "*.10.0.0.1",
    "1.2.3",
    "10.0.0.01",
    "10.0.0.256",
    "10.0.0.1/24",
    "0x0a.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1%eth0",
    "[2001:db8::1]",
    "me@",
    "@example.com",
    "a@b@example.com",
    "m\u{e9}@example.com",
    "me@10.0.0.1",
    "https://user:secret@example.com/",
    "https://",
    "https://exa mple/",
];

#[test]
fn a_name_that_cannot_be_certified_is_refused_whoever_grants_it() {
    let ca = TestCa::shared();
    let long_label = format!("{}.example", "a".repeat(64));
    let long_name = vec!["a".repeat(63); 4].join(".");
    let long_uri = format!("https://example.com/{}", "a".repeat(2_048));
    let all = IMPOSSIBLE.iter().copied().chain([long_label.as_str(), &long_name, &long_uri]);
    for name in all {
        // Alone, and behind one that is good: every name is looked at.
        for granted in [&[name][..], &["good.example", name]] {
            let answer = send(&ca, granted, &request(Some("subject"), vec![]));
            assert_eq!(answer.status, 403, "{name:?}: {}", answer.text());
            assert!(answer.message().contains("cannot be certified"), "{name:?}: {}", answer.message());
        }
    }
    for name in ["a\0.example", "a\n.example", "a\u{7f}", "a\u{85}", "a\u{202e}b", "a\u{2028}"] {
        let answer = send(&ca, &[name], &request(Some("subject"), vec![]));
        assert_eq!(answer.status, 401, "{name:?}: {}", answer.text());
        let subject = ca.token(name).sans(&["good.example"]).sign();
        let _ = ca.client().post("/sign", &body_of_2026(&request(None, vec![]), &subject, "", "")).expect(401);
    }
}

#[test]
fn a_request_that_names_what_cannot_be_certified_is_no_request() {
    let ca = TestCa::shared();
    let other =
        SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3], rcgen::OtherNameValue::Utf8String("me".into())));
    for (what, names) in [
        ("otherName", vec![dns("a.example"), other]),
        ("a NUL", vec![dns("a.example\0.evil")]),
        ("a blank", vec![dns("a example")]),
        ("an underscore", vec![dns("a_b")]),
        ("nothing", vec![dns("")]),
        ("a bare star", vec![dns("*")]),
        ("an address as DNS name", vec![dns("10.0.0.1")]),
        ("a line end", vec![email("me@example.com\n")]),
        ("user information", vec![uri("https://me@example.com/")]),
    ] {
        let answer = send(&ca, &["a.example"], &request(Some("a.example"), names));
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        assert!(answer.message().contains("invalid csr"), "{what}: {}", answer.message());
    }
}

#[test]
fn wildcards_are_granted_by_name_and_not_by_resemblance() {
    let ca = TestCa::shared();
    let answer = send(&ca, &["*.example.com"], &request(None, vec![dns("*.example.com")])).expect(201);
    assert_eq!(issued(&answer), ["*.example.com"]);
    let _ = send(&ca, &["*.example.com"], &request(None, vec![dns("a.example.com")])).expect(403);
    let _ = send(&ca, &["a.example.com"], &request(None, vec![dns("*.example.com")])).expect(403);
}

#[test]
fn internationalized_names_come_as_a_labels() {
    let ca = TestCa::shared();
    let answer = send(&ca, &["XN--EXMPLE-cua.de"], &request(Some("subject"), vec![])).expect(201);
    assert_eq!(issued(&answer), ["xn--exmple-cua.de"]);
}

#[test]
fn a_hundred_names_are_enough() {
    let ca = TestCa::shared();
    for (count, status) in [(99, 201), (100, 201), (101, 403)] {
        let names: Vec<String> = (0..count).map(|number| format!("n{number}.example")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let answer = send(&ca, &names, &request(Some("subject"), vec![]));
        assert_eq!(answer.status, status, "{count}: {}", answer.text());
    }
    let names: Vec<String> = (0..101).map(|number| format!("n{number}.example")).collect();
    let answer = send(&ca, &["a.example"], &request(None, names.iter().map(|name| dns(name)).collect()));
    assert!(matches!(answer.status, 400 | 403), "{}", answer.text());
}

#[test]
fn a_common_name_has_64_characters_at_most() {
    let ca = TestCa::shared();
    for (length, status) in [(63, 201), (64, 201), (65, 400)] {
        let name = "x".repeat(length);
        let token = ca.token(&name).sans(&["a.example"]).sign();
        let body = body_of_2026(&request(Some(&name), vec![]), &token, "", "");
        let answer = ca.client().post("/sign", &body);
        assert_eq!(answer.status, status, "{length}: {}", answer.text());
    }
}

#[test]
fn names_of_the_certificate_come_from_one_place_only() {
    let ca = TestCa::shared();
    let csr = Csr::new("subject", &["a.example"]);
    let answer = ca.sign(&csr, &ca.token("subject").sans(&["a.example"]).sign()).expect(201);
    let certificate = answer.certificate();
    assert_eq!(certificate.subject().common_name(), Some("subject"));
    assert_eq!(issued(&answer), ["a.example"]);
}
