//! What makes a token good, rule by rule (RFC 7519, RFC 8725), each at its edges.

use std::net::TcpListener;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use step_tests::{Answer, Csr, Second, TestCa, Token, sign_raw};

const NAME: &str = "web.example.com";

fn send(ca: &TestCa, token: &str) -> Answer {
    ca.sign(&Csr::of(NAME), token)
}

#[track_caller]
fn accepted(ca: &TestCa, what: &str, token: &Token) {
    let answer = send(ca, &token.sign());
    assert_eq!(answer.status, 201, "{what}: {}", answer.text());
}

#[track_caller]
fn refused(ca: &TestCa, what: &str, token: &str) {
    let answer = send(ca, token);
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    assert_eq!(answer.message(), "The request lacked the necessary authorization; the log of the CA says why.");
}

#[test]
fn times_are_required_and_are_numbers() {
    let ca = TestCa::shared();
    let now = ca.now().as_unix();
    let token = || ca.token(NAME);
    accepted(&ca, "no nbf", &token().without("nbf"));
    accepted(&ca, "a fraction", &token().claim("exp", now as f64 + 60.5));
    for claim in ["exp", "iat"] {
        refused(&ca, claim, &token().without(claim).sign());
    }
    for claim in ["exp", "iat", "nbf"] {
        for value in [json!(null), json!(now.to_string()), json!(-1), json!([now]), json!(true), json!(1e300)] {
            refused(&ca, &format!("{claim}: {value}"), &token().claim(claim, value).sign());
        }
        // JSON has no infinity; some parsers make one of this.
        let claims = token().claims_json().replace(&format!("\"{claim}\":"), &format!("\"{claim}\":1e999,\"x\":"));
        refused(&ca, "infinity", &sign_raw(&token().header_json(), &claims, ca.provisioner_key()));
    }
}

#[test]
fn a_minute_of_leeway_is_a_minute_and_not_a_second_more() {
    let ca = TestCa::shared();
    let now = ca.now().as_unix();
    let times = |iat: i64, nbf: i64, exp: i64| ca.token(NAME).claim("iat", iat).claim("nbf", nbf).claim("exp", exp);
    accepted(&ca, "expired a minute ago", &times(now - 300, now - 300, now - 60));
    refused(&ca, "expired longer ago", &times(now - 300, now - 300, now - 61).sign());
    accepted(&ca, "good in a minute", &times(now, now + 60, now + 300));
    refused(&ca, "good later", &times(now, now + 61, now + 300).sign());
    accepted(&ca, "made in a minute", &times(now + 60, now + 60, now + 300));
    refused(&ca, "made later", &times(now + 61, now, now + 300).sign());
    accepted(&ca, "ends after it begins", &times(now, now, now + 1));
    refused(&ca, "ends as it begins", &times(now, now, now).sign());
    refused(&ca, "ends before it begins", &times(now, now + 50, now + 49).sign());
}

#[test]
fn a_token_lives_an_hour_at_most_and_begins_half_an_hour_after_it_was_made() {
    let ca = TestCa::shared();
    let now = ca.now().as_unix();
    let times = |iat: i64, nbf: i64, exp: i64| ca.token(NAME).claim("iat", iat).claim("nbf", nbf).claim("exp", exp);
    accepted(&ca, "an hour", &times(now, now, now + 3_600));
    refused(&ca, "longer", &times(now, now, now + 3_601).sign());
    accepted(&ca, "an hour from its beginning", &times(now - 1_800, now, now + 3_600));
    refused(&ca, "delayed longer", &times(now - 1_801, now, now + 3_600).sign());
    accepted(&ca, "an hour from its making", &times(now, now - 600, now + 3_600));
    refused(&ca, "longer from its making", &times(now, now - 600, now + 3_601).sign());
}

#[test]
fn a_token_is_for_this_ca_and_for_signing() {
    let ca = TestCa::shared();
    for audience in [
        "https://localhost/sign",
        "https://localhost/1.0/sign",
        "https://ca.example.com/1.0/sign",
        "https://CA.example.com:9000/sign",
        "HTTPS://127.0.0.1:443/1.0/sign",
        "step-certificate-authority",
    ] {
        accepted(&ca, audience, &ca.token(NAME).claim("aud", audience));
    }
    for audience in [
        "",
        "http://localhost/1.0/sign",
        "https://localhost",
        "https://localhost/",
        "https://localhost/1.0/sign/",
        "https://localhost/1.0/sign?a=b",
        "https://localhost/1.0/sign#jwk/admin",
        "https://localhost/a/1.0/sign",
        "https://localhost/1.0/signs",
        "https://localhost/1.0/SIGN",
        "https://localhost/1.0/renew",
        "https://localhost/1.0/revoke",
        "https://localhost/1.0/rekey",
        "https://localhost/1.0/ssh/sign",
        "https://localhost/ssh/sign",
        "https://localhost.example.com/1.0/sign",
        "https://other.example.com/1.0/sign",
        "https://ca.example.com@evil.example/1.0/sign",
        "https://user@ca.example.com/1.0/sign",
        "https://ca.example.com:9000:1/sign",
        "https://ca.example.com:/sign",
        "Step-Certificate-Authority",
        "step-certificate-authority ",
    ] {
        refused(&ca, audience, &ca.token(NAME).claim("aud", audience).sign());
    }
    refused(&ca, "no audience", &ca.token(NAME).without("aud").sign());
    for value in [json!(null), json!(7), json!([]), json!([7]), json!({})] {
        refused(&ca, &format!("audience {value}"), &ca.token(NAME).claim("aud", value).sign());
    }
}

#[test]
fn one_of_at_most_sixteen_audiences_is_enough() {
    let ca = TestCa::shared();
    let many = |count: usize| {
        let mut audiences = vec![json!("https://other.example.com/1.0/sign"); count - 1];
        audiences.push(json!("https://localhost/1.0/sign"));
        ca.token(NAME).claim("aud", audiences)
    };
    accepted(&ca, "15", &many(15));
    accepted(&ca, "16", &many(16));
    refused(&ca, "17", &many(17).sign());
}

#[test]
fn the_algorithm_comes_from_the_key_alone() {
    let ca = TestCa::shared();
    for alg in ["none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "ES384", "ES512", "RS256", "PS256"]
        .into_iter()
        .chain(["EdDSA", "ES256K", "es256", "", "ES256 "])
    {
        refused(&ca, alg, &ca.token(NAME).header("alg", alg).sign());
    }
    refused(&ca, "no alg", &ca.token(NAME).without_header("alg").sign());
    // Without any signature, as `none` has it.
    for signature in ["", "AA"] {
        let token = ca.token(NAME).header("alg", "none").sign();
        let (input, _) = token.rsplit_once('.').unwrap();
        refused(&ca, "none", &format!("{input}.{signature}"));
    }
}

#[test]
fn a_token_does_not_bring_its_key_and_opens_no_connection() {
    let ca = TestCa::shared();
    let stranger = Second::new("stranger");
    let own: Value = serde_json::from_str(&stranger.key.public().to_json()).unwrap();
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    web.set_nonblocking(true).unwrap();
    let url = format!("https://{}/keys.json", web.local_addr().unwrap());

    for (name, value) in [("jwk", own), ("jku", url.clone().into()), ("x5u", url.into())] {
        refused(&ca, name, &ca.token(NAME).header(name, value.clone()).sign());
        refused(&ca, name, &ca.token(NAME).header(name, value).signed_by(&stranger.key).sign());
    }
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("typ", json!("JOSE")),
        ("typ", json!(1)),
    ] {
        refused(&ca, name, &ca.token(NAME).header(name, value).sign());
    }
    accepted(&ca, "no typ", &ca.token(NAME).without_header("typ"));
    assert_eq!(web.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came for a key");
}

#[test]
fn strangers_learn_nothing_about_why() {
    let ca = TestCa::shared();
    let stranger = Second::new("stranger");
    let kid = stranger.key.kid().unwrap();
    let tokens = [
        ca.token(NAME).claim("iss", "nobody"),
        ca.token(NAME).header("kid", "nothing"),
        ca.token(NAME).header("kid", kid),
        ca.token(NAME).without_header("kid"),
        ca.token(NAME).signed_by(&stranger.key),
        ca.token(NAME).claim("sub", ""),
        ca.token(NAME).claim("exp", 5),
        ca.token(NAME).claim("aud", "https://other.example.com/1.0/sign"),
    ];
    let mut answers: Vec<Value> = Vec::new();
    for token in tokens {
        let mut answer = send(&ca, &token.sign()).expect(401).json();
        answer.as_object_mut().unwrap().retain(|member, _| member != "requestId" && member != "decisionId");
        answers.push(answer);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn issuer_and_key_name_are_looked_up_to_the_letter() {
    let second = Second::new("second@example.com");
    let ca = TestCa::build().provisioner(second.object()).start();
    let own = ca.provisioner_key().kid().unwrap().to_owned();
    let other = second.key.kid().unwrap();
    for kid in ["", "\0", "../../etc/passwd", "' OR 1=1 --", "%00", &own.to_uppercase(), other, &format!("{own} ")] {
        refused(&ca, kid, &ca.token(NAME).header("kid", kid).sign());
    }
    for iss in ["", "ADMIN@example.com", "admin@example.com ", "second@example.com", "\0"] {
        refused(&ca, iss, &ca.token(NAME).claim("iss", iss).sign());
    }
    let token = ca.token_of(second.name, &second.key, NAME);
    accepted(&ca, "its own", &token);
    refused(&ca, "the first one's key", &token.clone().signed_by(ca.provisioner_key()).sign());
}

#[test]
fn a_token_has_one_spelling() {
    let ca = TestCa::shared();
    let token = || ca.token(NAME).sign();
    for around in [" {}", "{}\n", "\t{}\r\n "] {
        let answer = send(&ca, &around.replace("{}", &token()));
        assert_eq!(answer.status, 201, "{around:?}: {}", answer.text());
    }
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let [header, claims, signature] = <[String; 3]>::try_from(parts(&token())).unwrap();
    let json = json!({"protected": header, "payload": claims, "signature": signature}).to_string();
    let general = json!({"payload": claims, "signatures": [{"protected": header, "signature": signature}]}).to_string();
    for (what, token) in [
        ("the flattened form", json),
        ("the general form", general),
        ("white space inside", format!("{header}. {claims}.{signature}")),
        ("a line end inside", format!("{header}.{claims}.\n{signature}")),
        ("padding", format!("{header}=.{claims}.{signature}")),
        ("padding", format!("{header}.{claims}.{signature}==")),
        ("two parts", format!("{header}.{claims}")),
        ("four parts", format!("{header}.{claims}.{signature}.")),
        ("five parts", format!("{header}.{claims}.{signature}..")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("no signature", format!("{header}.{claims}.")),
        ("the other alphabet", format!("{header}.{claims}.{}", signature.replace(['-', '_'], "+"))),
    ] {
        if token.contains('+') || what != "the other alphabet" {
            refused(&ca, what, &token);
        }
    }
    // 64 octets leave four bits over in base64; they are zero in the one spelling.
    let (rest, last) = signature.split_at(signature.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    let sibling = &alphabet[place + 1..place + 2];
    refused(&ca, "bits left over", &format!("{header}.{claims}.{rest}{sibling}"));
}

#[test]
fn a_member_that_is_there_twice_refuses_the_token() {
    let ca = TestCa::shared();
    let token = ca.token(NAME);
    let twice = |json: String, member: &str| json.replacen('{', &format!("{{\"{member}\":\"x\","), 1);
    for member in ["sub", "iss", "aud", "jti", "sans"] {
        let claims = twice(token.claims_json(), member);
        refused(&ca, member, &sign_raw(&token.header_json(), &claims, ca.provisioner_key()));
    }
    for member in ["alg", "kid", "typ"] {
        let header = twice(token.header_json(), member);
        refused(&ca, member, &sign_raw(&header, &token.claims_json(), ca.provisioner_key()));
    }
    let claims = token.claims_json().replacen('{', "{\"step\":{\"a\":1,\"a\":2},", 1);
    refused(&ca, "inside", &sign_raw(&token.header_json(), &claims, ca.provisioner_key()));
}

#[test]
fn claims_that_are_no_object_refuse_the_token() {
    let ca = TestCa::shared();
    let token = ca.token(NAME);
    for claims in ["", "null", "[]", "\"x\"", "7", "{", "{} {}", "\u{feff}{}"] {
        refused(&ca, claims, &sign_raw(&token.header_json(), claims, ca.provisioner_key()));
    }
    for header in ["", "null", "[]", "7", "{"] {
        refused(&ca, header, &sign_raw(header, &token.claims_json(), ca.provisioner_key()));
    }
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode([0xff, 0xfe]), URL_SAFE_NO_PAD.encode(token.claims_json()));
    refused(&ca, "no Unicode", &format!("{input}.AAAA"));
}

#[test]
fn sizes_are_held_to_their_limits() {
    let ca = TestCa::shared();
    for (claim, limit) in [("jti", 256), ("sub", 1_024)] {
        let of_length = |length: usize| {
            let unique = ca.token(NAME).claims_json().len() + length;
            let value = format!("{unique}{}", "x".repeat(length));
            ca.token(NAME).sans(&[NAME]).claim(claim, &value[..length])
        };
        accepted(&ca, claim, &of_length(limit - 1).claim("nonce", "1"));
        accepted(&ca, claim, &of_length(limit).claim("nonce", "2"));
        refused(&ca, claim, &of_length(limit + 1).sign());
    }
    for (depth, good) in [(30, true), (31, true), (32, false)] {
        let nested = format!("{{\"step\":{}{},", "[".repeat(depth), "]".repeat(depth));
        let token = ca.token(NAME);
        let claims = token.claims_json().replacen('{', &nested, 1);
        let answer = send(&ca, &sign_raw(&token.header_json(), &claims, ca.provisioner_key()));
        assert_eq!(answer.status == 201, good, "depth {depth}: {}", answer.text());
    }
    for (length, good) in [(16_383, true), (16_384, true), (16_385, false)] {
        let token = ca.token(NAME);
        let filler = length - token.clone().header("x", "").header_json().len();
        let token = token.header("x", "x".repeat(filler));
        assert_eq!(token.header_json().len(), length);
        assert_eq!(send(&ca, &token.sign()).status == 201, good, "header of {length} octets");
    }
    for (length, good) in [(65_535, true), (65_536, true), (65_537, false)] {
        assert_eq!(send(&ca, &token_of_length(&ca, length)).status == 201, good, "token of {length} octets");
    }
}

/// A good token of exactly so many octets. Base64 does not have every length, so header and claims are filled.
fn token_of_length(ca: &TestCa, length: usize) -> String {
    for header in 0..3 {
        let token = ca.token(NAME).header("x", "x".repeat(header)).claim("x", "");
        let missing = length - token.sign().len();
        for filler in (missing * 3 / 4 - 3)..=(missing * 3 / 4 + 3) {
            let token = token.clone().claim("x", "x".repeat(filler)).sign();
            if token.len() == length {
                return token;
            }
        }
    }
    panic!("no token has {length} octets");
}

#[test]
fn a_bound_token_is_good_for_its_request_alone() {
    let ca = TestCa::shared();
    let csr = Csr::of(NAME);
    let digest = URL_SAFE_NO_PAD.encode(csr.request.sha256());
    let token = ca.token(NAME).claim("cnf", json!({"x5rt#S256": digest})).sign();
    let other = ca.sign(&Csr::of(NAME), &token).expect(403);
    assert!(other.message().contains("certificate request claim failed"), "{}", other.message());
    let _ = ca.sign(&csr, &token).expect(201);

    for cnf in [
        json!({}),
        json!(null),
        json!("x"),
        json!({"jkt": digest}),
        json!({"x5rt#S256": "AA"}),
        json!({"x5rt#S256": digest, "jkt": digest}),
    ] {
        let token = ca.token(NAME).claim("cnf", cnf.clone()).sign();
        assert_eq!(ca.sign(&csr, &token).status, 401, "{cnf}");
    }
}

#[test]
fn a_key_that_others_could_sign_with_is_no_provisioner_key() {
    let oct = json!({"name": "shared", "type": "JWK", "key": {"kty": "oct", "kid": "k", "k": "c2VjcmV0"}});
    let error = TestCa::build().provisioner(oct).try_start().err().unwrap();
    assert!(error.contains("authority.provisioners[1].key.kty"), "{error}");
    assert!(error.contains("symmetric"), "{error}");
}
