//! What a file may say, what it may not, and what is answered.

mod key;
mod records;
mod renewal;
mod revocation;

mod schema;

use super::*;
use policy_runtime::contract::effects::RecordType;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{os::unix::fs::PermissionsExt, time::Duration};

/// As `step ca init` of 2019 writes it.
pub(super) fn stock() -> Value {
    json!({
        "root": "/pki/certs/root_ca.crt",
        "federatedRoots": [],
        "crt": "/pki/certs/intermediate_ca.crt",
        "key": "/pki/secrets/intermediate_ca_key",
        "address": ":9000",
        "dnsNames": ["ca.example.com"],
        "logger": {"format": "text"},
        "authority": {"provisioners": [{
            "name": "you@example.com",
            "type": "jwk",
            "key": {"use": "sig", "kty": "EC", "kid": "k1", "crv": "P-256", "alg": "ES256", "x": "AQ", "y": "Ag"},
            "encryptedKey": "a.b.c.d.e"
        }]},
        "tls": {
            "cipherSuites":
                ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
            "minVersion": 1.2, "maxVersion": 1.2, "renegotiation": false
        }
    })
}

/// The stock file with a policy, which checks everything.
fn with_policy() -> Value {
    let mut file = stock();
    file["policies"] = json!({"corp": {"path": "corp.wasm", "sha256": "00".repeat(32)}});
    file["authority"]["policies"] = json!(["corp"]);
    file
}

/// The stock file with one member set.
fn with(at: &str, value: Value) -> Value {
    let mut file = stock();
    set(&mut file, at, value);
    file
}

/// Sets a member, or appends an element: `at` is a JSON pointer.
fn set(file: &mut Value, at: &str, value: Value) {
    let (parent, name) = at.rsplit_once('/').unwrap();
    match file.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.insert(name.to_owned(), value)),
        Some(Value::Array(elements)) => elements.push(value),
        _ => panic!("{at} leads nowhere"),
    }
}

fn parse(file: &Value) -> Result<(Config, Vec<Warning>), ConfigErrors> {
    Config::parse(&serde_json::to_string_pretty(file).unwrap(), Path::new("/pki/config/ca.json"))
}

pub(super) fn accepted(file: &Value) -> Config {
    let (config, _) = parse(file).unwrap_or_else(|errors| panic!("{errors}"));
    schema::accepts(file).unwrap_or_else(|error| panic!("by the schema: {error}"));
    config
}

/// Path and message of every problem.
pub(super) fn problems(file: &Value) -> Vec<(String, String)> {
    let errors = parse(file).expect_err("the file was accepted").errors;
    errors.into_iter().map(|error| (error.path, error.problem.to_string())).collect()
}

fn warnings(file: &Value) -> Vec<String> {
    let (_, warnings) = parse(file).unwrap_or_else(|errors| panic!("{errors}"));
    warnings.into_iter().map(|warning| warning.path).collect()
}

#[test]
fn the_file_of_init_means_what_it_says() {
    let (config, warnings) = parse(&stock()).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(config.roots, [PathBuf::from("/pki/certs/root_ca.crt")]);
    assert_eq!(config.address, Address { host: None, port: 9000 });
    assert_eq!(config.dns_names, ["ca.example.com"]);
    assert_eq!(config.common_name, "Step Online CA");
    assert_eq!(config.store, Path::new("/pki/db/step-ca.sqlite"));
    assert!(!config.watch);
    assert_eq!(config.tls.min_version, TlsVersion::Tls12);
    let logger = config.logger.unwrap();
    assert_eq!((logger.format, logger.trace_header.as_str()), (LogFormat::Text, TRACE_HEADER));
    assert_eq!(config.authority.backdate, Duration::from_secs(60));
    assert_eq!(config.authority.claims, Claims::built_in());
    let [provisioner] = &config.authority.provisioners[..] else { panic!() };
    assert_eq!(provisioner.policy, PolicyName::Builtin(Builtin::Jwk));
    assert_eq!(provisioner.key_id.as_deref(), Some("k1"));
    assert_eq!(provisioner.encrypted_key.as_deref(), Some("a.b.c.d.e"));
}

#[test]
fn a_snapshot_is_built_from_the_files_the_configuration_names() {
    let mut file = with_policy();
    file["watch"] = json!(true);
    file["federatedRoots"] = json!(["/pki/certs/other.crt"]);
    let config = accepted(&file);
    assert!(config.watch);
    let files = [
        "/pki/config/ca.json",
        "/pki/certs/intermediate_ca.crt",
        "/pki/secrets/intermediate_ca_key",
        "/pki/certs/root_ca.crt",
        "/pki/certs/other.crt",
        "/pki/config/corp.wasm",
    ];
    assert_eq!(config.files(), files.map(PathBuf::from));
}

#[test]
fn the_example_that_is_distributed_is_accepted_as_it_is() {
    let example = include_str!("../../../dist/ca.json");
    let (config, warnings) = Config::parse(example, Path::new("ca.json")).unwrap();
    assert_eq!((warnings, config.address.port), (Vec::new(), 9000));
}

#[test]
fn a_module_gets_its_provisioner_letter_for_letter() {
    let text = stock().to_string();
    let (config, _) = Config::parse(&text, Path::new("ca.json")).unwrap();
    let provisioner = &config.authority.provisioners[0];
    assert!(text.contains(&provisioner.config), "{}", provisioner.config);
    let mut file = with("/authority/provisioners/0/policy", json!("builtin:jwk"));
    file["authority"]["provisioners"][0]["policies"] = json!(["builtin:claims"]);
    let for_host = serde_json::from_str::<Value>(&accepted(&file).authority.provisioners[0].config).unwrap();
    assert_eq!(for_host, stock()["authority"]["provisioners"][0]);
}

#[test]
fn a_file_of_2026_is_accepted_with_warnings_about_what_has_no_effect() {
    let mut file = stock();
    let members = [
        ("insecureAddress", json!("")),
        ("commonName", json!("Our CA")),
        ("db", json!({"type": "badgerv2", "dataSource": "/pki/db", "badgerFileLoadingMode": ""})),
        ("crl", json!({"enabled": false})),
        ("ssh", json!({"hostKey": "x"})),
        ("kms", json!({"type": "softkms"})),
        ("templates", json!({"ssh": {}})),
        ("metricsAddress", json!("localhost:9090")),
        ("monitoring", json!({"type": "newrelic", "name": "a", "key": "b"})),
    ];
    for (name, value) in members {
        file[name] = value;
    }
    file["authority"]["enableAdmin"] = json!(true);
    file["authority"]["type"] = json!("softcas");
    file["authority"]["policy"] = json!({"x509": {"deny": {"dns": ["x"]}}});
    file["authority"]["backdate"] = json!("2m");
    file["authority"]["provisioners"][0]["type"] = json!("JWK");
    file["authority"]["provisioners"][0]["options"] = json!({"x509": {}});
    file["authority"]["provisioners"][0]["claims"] =
        json!({"enableSSHCA": true, "allowRenewalAfterExpiry": false, "minUserSSHCertDuration": "5m"});
    file["tls"] = json!({
        "cipherSuites":
            ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
        "minVersion": 1.2, "maxVersion": 1.3, "renegotiation": false
    });
    let config = accepted(&file);
    assert_eq!(config.common_name, "Our CA");
    assert_eq!(config.metrics.unwrap().to_string(), "localhost:9090");
    assert_eq!(config.store, Path::new("/pki/db/step-ca.sqlite"));
    assert_eq!(config.authority.backdate, Duration::from_secs(120));
    assert_eq!(config.tls.max_version, TlsVersion::Tls13);
    assert_eq!(config.tls.cipher_suites[0], CipherSuite::EcdheEcdsaChacha20Poly1305);
    let expected = [
        "monitoring",
        "authority.provisioners[0].claims",
        "authority.provisioners[0].options",
        "authority.policy",
        "authority.enableAdmin",
        "authority.type",
        "db",
        "kms",
        "ssh",
        "templates",
    ];
    assert_eq!(warnings(&file), expected);
}

/// One a line: where the stock file is changed, to what, the path that is named, a part of the message.
const MISTAKES: &str = include_str!("mistakes.txt");

#[test]
fn every_mistake_is_named_with_its_place_and_what_would_be_right() {
    let mut count = 0;
    for case in MISTAKES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [at, value, path, message] = case.split(" | ").collect::<Vec<_>>()[..] else { panic!("{case}") };
        let mut file = with_policy();
        let value = serde_json::from_str(value).unwrap();
        set(&mut file, at, value);
        let found = problems(&file);
        let named = |(place, text): &(String, String)| place == path && text.contains(message);
        assert!(found.iter().any(named), "{case}\nfound {found:?}");
        count += 1;
    }
    assert!(count >= 50, "{count}");
}

#[test]
fn all_problems_of_a_file_are_reported_at_once_in_the_order_of_upstream() {
    let mut file = stock();
    file["address"] = json!("nowhere");
    file["crt"] = json!("");
    file["tls"]["maxVersion"] = json!("1.2");
    file["authority"]["provisioners"][0]["name"] = json!("");
    file["authority"]["claims"] = json!({"maxTLSCertDuration": "x"});
    file["extra"] = json!(1);
    let paths: Vec<String> = problems(&file).into_iter().map(|(path, _)| path).collect();
    let expected = [
        "address",
        "crt",
        "tls.maxVersion",
        "authority.claims.maxTLSCertDuration",
        "authority.provisioners[0].name",
        "extra",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn one_mistake_gives_one_message() {
    for file in [
        with("/policies", json!({"corp": {"path": 1}})),
        with("/authority/claims", json!({"minTLSCertDuration": "x", "maxTLSCertDuration": "1m"})),
        with("/tls/maxVersion", json!("x")),
    ] {
        let mut file = file;
        if file.get("policies").is_some() {
            file["authority"]["policies"] = json!(["corp"]);
            file["policies"]["corp"]["sha256"] = json!("00".repeat(32));
        }
        let found = problems(&file);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn a_message_begins_with_file_and_line() {
    let text = "{\n  \"root\": \"/r\", \"crt\": \"/c\", \"key\": \"/k\",\n  \"address\": \":1\",\n  \"dnsNames\": [\"a\"],\n  \
                \"authority\": {\n    \"provisioners\": [\n      {\"name\": \"n\", \"type\": \"JWK\", \"key\": {}},\n      \
                {\"name\": \"m\",\n       \"typ\": \"JWK\"}\n    ]\n  }\n}\n";
    let errors = Config::parse(text, Path::new("ca.json")).unwrap_err().to_string();
    assert!(errors.contains("ca.json:8: authority.provisioners[1].type: provisioner type cannot be empty"), "{errors}");
    assert!(!errors.contains("provisioners[0]"), "{errors}");
}

#[test]
fn a_doubled_member_is_refused_wherever_it_is() {
    let text = stock().to_string();
    for (from, to) in [
        ("\"address\":", "\"address\": \":1\", \"address\":"),
        ("\"kty\":", "\"kty\": \"RSA\", \"kty\":"),
        ("\"kid\":", "\"\\u006bid\": \"k2\", \"kid\":"),
    ] {
        let doubled = text.replacen(from, to, 1);
        let errors = Config::parse(&doubled, Path::new("ca.json")).unwrap_err();
        assert!(errors.to_string().contains("the member is there twice, first on line 1"), "{errors}");
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_line() {
    for (text, line) in [("", 1), ("   \n", 1), ("{\n\"a\": ,\n}", 2), ("{\n\"a\": 1\n\"b\": 2}", 3), ("nonsense", 1)] {
        let errors = Config::parse(text, Path::new("ca.json")).unwrap_err().errors;
        assert_eq!(errors[0].line, line, "{text:?}: {errors:?}");
    }
    let errors = Config::parse("[]", Path::new("ca.json")).unwrap_err().to_string();
    assert_eq!(errors, "ca.json:1: expected an object, found an array");
    let errors = Config::parse("{\"a\": \"\\ud800\"}", Path::new("ca.json")).unwrap_err().to_string();
    assert!(errors.contains("ca.json:1: a: error parsing"), "{errors}");
}

#[test]
fn depth_is_refused_one_above_the_limit() {
    let nested = |levels: usize| {
        let settings: Value = serde_json::from_str(&format!("{}{}", "[".repeat(levels), "]".repeat(levels))).unwrap();
        with("/policies", json!({"corp": {"path": "c", "sha256": "00".repeat(32), "settings": settings}}))
    };
    // The file, `policies` and `corp` are three levels themselves.
    accepted(&nested(limits::JSON_DEPTH - 3));
    let found = problems(&nested(limits::JSON_DEPTH - 2));
    assert!(found.iter().any(|(_, message)| message.contains("nested deeper than 32 levels")), "{found:?}");
    let bomb = format!("{{\"policies\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Config::parse(&bomb, Path::new("ca.json")).is_err());
}

#[test]
fn text_after_the_configuration_is_warned_about() {
    let text = format!("{}\n\n{{\"address\": \":1\"}}", stock());
    let (config, warnings) = Config::parse(&text, Path::new("ca.json")).unwrap();
    assert_eq!(config.address.port, 9000);
    assert_eq!(warnings, [Warning { path: String::new(), line: 3, notice: Notice::TrailingText }]);
}

#[test]
fn dns_names_may_be_one_string_and_come_out_canonical() {
    let names = |value| accepted(&with("/dnsNames", value)).dns_names;
    assert_eq!(names(json!("CA.example.com, 10.0.0.1,ca.example.com,")), ["ca.example.com", "10.0.0.1"]);
    assert_eq!(names(json!(["[2001:DB8::0:1]", "localhost"])), ["2001:db8::1", "localhost"]);
}

#[test]
fn claims_are_inherited_member_by_member_and_zero_inherits() {
    let mut file = with("/authority/claims", json!({"maxTLSCertDuration": "48h", "disableRenewal": true}));
    file["authority"]["provisioners"][0]["claims"] =
        json!({"minTLSCertDuration": "0s", "maxTLSCertDuration": null, "disableRenewal": false});
    let authority = accepted(&file).authority;
    assert_eq!(
        authority.claims.to_json(),
        r#"{"minTLSCertDuration":"5m0s","maxTLSCertDuration":"48h0m0s","defaultTLSCertDuration":"24h0m0s","disableRenewal":true}"#
    );
    let own = authority.provisioners[0].claims.clone().unwrap().or(&authority.claims);
    assert_eq!(own.min_tls_cert_duration, authority.claims.min_tls_cert_duration);
    assert_eq!(own.max_tls_cert_duration, authority.claims.max_tls_cert_duration);
    assert_eq!(own.disable_renewal, Some(false));
}

#[test]
fn the_issued_at_check_is_switched_off_in_either_place() {
    assert!(!accepted(&stock()).authority.disable_issued_at_check);
    let placed = with("/authority/disableIssuedAtCheck", json!(true));
    assert!(accepted(&placed).authority.disable_issued_at_check);
    let misplaced = with("/authority/claims", json!({"disableIssuedAtCheck": true}));
    assert!(accepted(&misplaced).authority.disable_issued_at_check);
    let elsewhere = with("/authority/provisioners/0/claims", json!({"disableIssuedAtCheck": true}));
    assert_eq!(problems(&elsewhere).len(), 1);
}

#[test]
fn tls_defaults_depend_on_what_is_missing() {
    let versions = |value| {
        let tls = accepted(&with("/tls", value)).tls;
        (tls.min_version, tls.max_version)
    };
    let (v12, v13) = (TlsVersion::Tls12, TlsVersion::Tls13);
    assert_eq!(versions(json!(null)), (v12, v12));
    assert_eq!(versions(json!({})), (v12, v12));
    assert_eq!(versions(json!({"maxVersion": 1.3})), (v13, v13));
    assert_eq!(versions(json!({"minVersion": 0, "maxVersion": 0})), (v12, v12));
    assert_eq!(versions(json!({"minVersion": 1.0, "maxVersion": 1.3})), (v12, v13));
    assert_eq!(warnings(&with("/tls/minVersion", json!(1.0))), ["tls.minVersion"]);
    let suites = json!(["TLS_RSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"]);
    let file = with("/tls/cipherSuites", suites);
    assert_eq!(accepted(&file).tls.cipher_suites, [CipherSuite::EcdheRsaChacha20Poly1305]);
    assert_eq!(warnings(&file), ["tls.cipherSuites[0]"]);
}

#[test]
fn checks_run_in_order_claims_first_and_each_once() {
    let mut file = stock();
    let pinned = json!({"path": "modules/x.wasm", "sha256": "ab".repeat(32)});
    file["policies"] = json!({"a": pinned, "b": pinned, "c": pinned});
    file["authority"]["policies"] = json!(["b", "builtin:claims", "a"]);
    file["authority"]["provisioners"][0]["policies"] = json!(["c", "b"]);
    let config = accepted(&file);
    let checks = config.checks(&config.authority.provisioners[0]);
    let names: Vec<&str> = checks.iter().map(PolicyName::as_str).collect();
    assert_eq!(names, ["builtin:claims", "b", "a", "c"]);
    let policy = &config.policies["a"];
    assert_eq!(config.module_path(policy), Path::new("/pki/config/modules/x.wasm"));
    assert_eq!(policy.sha256, Some([0xab; 32]));
    assert_eq!(policy.limits, PolicyLimits::default());
    assert_eq!(policy.settings, "null");
    assert_eq!(policy.place, "policies.a");
}

#[test]
fn grants_and_limits_are_what_the_file_says() {
    let mut file = stock();
    file["policies"] = json!({"enrol": {
        "path": "/m/enrol.wasm",
        "settings": {"a": [1, 2.50]},
        "operations": ["sign", "rekey"],
        "mode": "enforce",
        "grants": {
            "extensions": ["1.3.6.1.4.1.99999.1"], "kv": {"maxBytes": 10}, "consumeOnce": true,
            "dns": {
                "names": ["Corp.Example.", "_acme.example"], "types": ["CAA", "A"], "timeout": "1s", "cache": "0s",
                "servers": ["192.0.2.53", "2001:db8::53", "[2001:db8::53]:5353"]
            },
            "http": ["https://a.example/x", {
                "url": "https://b.example:8443/", "methods": ["GET", "POST"], "timeout": "2s",
                "headers": {"Authorization": "Bearer s3cret"}, "maxResponseBytes": 1, "allowPrivateNetworks": true
            }]
        },
        "limits": {"fuel": 50_000, "time": "50ms", "memory": "32MiB", "output": 2048, "hostCalls": 0}
    }});
    file["authority"]["provisioners"][0]["policy"] = json!("enrol");
    file["authority"]["provisioners"][0]["type"] = json!("WASM");
    file["authority"]["provisioners"][0]["anything"] = json!("else");
    let config = accepted(&file);
    assert_eq!(warnings(&file), ["policies.enrol"], "not pinned");
    let policy = &config.policies["enrol"];
    assert_eq!(serde_json::from_str::<Value>(&policy.settings).unwrap(), json!({"a": [1, 2.5]}));
    assert_eq!(policy.operations, Some(Operations { sign: true, rekey: true, ..Operations::default() }));
    let limits =
        PolicyLimits { fuel: 50_000, time: Duration::from_millis(50), memory: 32 << 20, output: 2048, host_calls: 0 };
    assert_eq!(policy.limits, limits);
    let grants = &policy.grants;
    assert_eq!(grants.kv, Some(KvGrant { max_bytes: 10 }));
    assert_eq!(grants.consume_once, Some(ConsumeOnceGrant { max_keys: limits::CONSUMED_KEYS }));
    assert!(!grants.reusable_tokens && !grants.unrestricted_names);
    let dns = grants.dns.as_ref().unwrap();
    assert_eq!(dns.names, ["corp.example", "_acme.example"]);
    assert_eq!(dns.types, [RecordType::Caa, RecordType::A]);
    let servers: Vec<_> = dns.servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["192.0.2.53:53", "[2001:db8::53]:53", "[2001:db8::53]:5353"]);
    assert_eq!((dns.timeout, dns.cache, dns.max_answers), (Duration::from_secs(1), Duration::ZERO, 64));
    assert_eq!(grants.http.len(), 2);
    assert_eq!(grants.http[0].methods, ["GET"]);
    assert!(!grants.http[0].allow_private_networks && grants.http[1].allow_private_networks);
}

#[test]
fn so_much_may_be_consumed_as_the_file_says() {
    let granted = |grant: Value| {
        let mut file = stock();
        file["policies"] = json!({"p": {"path": "/p", "grants": {"consumeOnce": grant}}});
        accepted(&file).policies["p"].grants.consume_once.map(|grant| grant.max_keys)
    };
    assert_eq!(granted(json!(false)), None);
    for usual in [json!(true), json!({})] {
        assert_eq!(granted(usual), Some(limits::CONSUMED_KEYS));
    }
    for most in [1, 999_999, 1_000_000] {
        assert_eq!(granted(json!({"maxKeys": most})), Some(most));
    }
}

#[test]
fn secrets_are_not_printed() {
    let mut file = with("/password", json!("s3cret"));
    file["policies"] = json!({"p": {"path": "p", "grants": {"http": [
        {"url": "https://a/", "headers": {"a": "s3cret"}}
    ]}}});
    let (config, warnings) = parse(&file).unwrap();
    assert_eq!(config.password.as_ref().unwrap().as_bytes(), b"s3cret");
    assert!(!format!("{config:?} {warnings:?}").contains("s3cret"));
    file["address"] = json!("");
    assert!(!parse(&file).unwrap_err().to_string().contains("s3cret"));
}

#[test]
fn a_file_with_a_password_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.json");
    let write = |file: &Value, mode: u32| {
        std::fs::write(&path, file.to_string()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    write(&stock(), 0o644);
    assert!(Config::load(&path).is_ok());
    let with_password = with("/password", json!("s3cret"));
    write(&with_password, 0o600);
    assert!(Config::load(&path).is_ok());
    for mode in [0o640, 0o604, 0o620] {
        write(&with_password, mode);
        let error = Config::load(&path).unwrap_err().to_string();
        assert!(error.contains("run `chmod 600") && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_file_is_refused_one_octet_above_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.json");
    let text = stock().to_string();
    let padded = |size: u64| format!("{text}{}", " ".repeat(size as usize - text.len()));
    std::fs::write(&path, padded(limits::CONFIG_FILE)).unwrap();
    assert!(Config::load(&path).is_ok());
    std::fs::write(&path, padded(limits::CONFIG_FILE + 1)).unwrap();
    assert!(matches!(Config::load(&path), Err(LoadError::TooLarge { .. })));
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(Config::load(&path), Err(LoadError::NotText { .. })));
    assert!(Config::load(&folder.path().join("none.json")).unwrap_err().to_string().starts_with("error opening "));
}

#[test]
fn what_is_published_has_no_private_member() {
    let file = with("/authority/provisioners/0/key/d", json!("c2VjcmV0"));
    let published = accepted(&file).authority.provisioners[0].published().unwrap();
    let text = serde_json::to_string(&published).unwrap();
    assert!(text.ends_with(r#""encryptedKey":"a.b.c.d.e","claims":{}}"#) && !text.contains("c2VjcmV0"), "{text}");
}

#[test]
fn where_people_sign_in_is_published_and_has_to_be_whole() {
    let openid = |change: fn(&mut Value)| {
        let mut provisioner = json!({
            "name": "people", "type": "OIDC", "policy": "people", "clientID": "step", "listenAddress": ":10000",
            "configurationEndpoint": "https://idp/.well-known/openid-configuration", "admins": ["root@example.com"],
        });
        change(&mut provisioner);
        let mut file = with("/policies", json!({"people": {"path": "/people.wasm"}}));
        file["authority"]["provisioners"] = json!([provisioner]);
        file
    };
    let published = |file: &Value| accepted(file).authority.provisioners[0].published();
    let entry = serde_json::to_value(published(&openid(|_| ())).unwrap()).unwrap();
    let shown = json!({
        "name": "people", "type": "OIDC", "clientID": "step", "listenAddress": ":10000", "claims": {},
        "configurationEndpoint": "https://idp/.well-known/openid-configuration",
    });
    assert_eq!(entry, shown);
    let nowhere = openid(|provisioner| {
        let members = provisioner.as_object_mut().unwrap();
        members.retain(|name, _| !matches!(name.as_str(), "clientID" | "configurationEndpoint"));
    });
    assert_eq!(published(&nowhere), None);

    let refused = |change| Config::parse(&openid(change).to_string(), Path::new("ca.json")).unwrap_err().to_string();
    for (error, part) in [
        (refused(|provisioner| provisioner["clientID"] = json!("")), "client cannot be empty"),
        (refused(|provisioner| provisioner["clientID"] = json!(7)), "expected a string"),
        (refused(|provisioner| provisioner["scope"] = json!("email")), "scopes"),
        (refused(|provisioner| provisioner["scopes"] = json!("email")), "expected an array"),
        (refused(|provisioner| provisioner["configurationEndpoint"] = json!("")), "configuration endpoint cannot"),
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn the_store_is_where_the_file_says() {
    let at = |db: Value, file: &str| {
        let text = with("/db", db).to_string();
        Config::parse(&text, Path::new(file)).unwrap().0.store
    };
    assert_eq!(at(json!(null), "/pki/config/ca.json"), Path::new("/pki/db/step-ca.sqlite"));
    assert_eq!(at(json!(null), "/etc/step/ca.json"), Path::new("/etc/step/db/step-ca.sqlite"));
    assert_eq!(at(json!(null), "ca.json"), Path::new("db/step-ca.sqlite"));
    assert_eq!(at(json!({"type": "sqlite"}), "/pki/config/ca.json"), Path::new("/pki/db/step-ca.sqlite"));
    let elsewhere = json!({"type": "sqlite", "dataSource": "/var/lib/ca.sqlite"});
    assert_eq!(at(elsewhere, "/pki/config/ca.json"), Path::new("/var/lib/ca.sqlite"));
}

#[test]
fn what_is_remembered_of_the_store_may_be_anywhere_else() {
    assert_eq!(accepted(&stock()).store_head, None);
    let apart = with("/db", json!({"type": "sqlite", "head": "/mnt/apart/ca.head"}));
    let config = accepted(&apart);
    assert_eq!(config.store_head.as_deref(), Some(Path::new("/mnt/apart/ca.head")));
    assert!(config.store.ends_with("db/step-ca.sqlite"));
}

/// Any JSON, of the kinds that occur in a configuration.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("24h")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// Where the stock file has values.
fn places(value: &Value, at: String, places: &mut Vec<String>) {
    places.push(at.clone());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| self::places(value, format!("{at}/{name}"), places))
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(n, value)| self::places(value, format!("{at}/{n}"), places));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_judged_without_a_panic(text in ".{0,200}") {
        let _ = Config::parse(&text, Path::new("ca.json"));
    }

    #[test]
    fn any_value_anywhere_is_judged_without_a_panic(place: prop::sample::Index, value in any_json()) {
        let mut file = stock();
        let mut all = Vec::new();
        places(&file, String::new(), &mut all);
        let at = &all[place.index(all.len())];
        *file.pointer_mut(at).unwrap() = value;
        match parse(&file) {
            Ok(_) => prop_assert_eq!(schema::accepts(&file), Ok(())),
            Err(errors) => prop_assert!(!errors.errors.is_empty()),
        }
    }

    #[test]
    fn a_cut_file_is_judged_without_a_panic(cut: prop::sample::Index) {
        let text = serde_json::to_string_pretty(&stock()).unwrap();
        let cut = cut.index(text.len());
        prop_assert!(Config::parse(&text[..cut], Path::new("ca.json")).is_err());
    }
}
