//! People who sign in at an identity provider, and the certificates they get for it.

use authority::keys::{KeySpec, PrivateKey};
use jose::jws::{self, Unverified};
use serde_json::{Value, json};
use step_tests::{IdentityProvider, Mischief, Outcome, TestCa, User};

const JWKS: &[u8] = include_bytes!("../../policies/dist/jwks.wasm");

/// Ada, as her provider knows her.
fn ada() -> Value {
    json!({"email": "ada@example.com", "preferred_username": "ada"})
}

/// `step oauth` at the provider, with its person at the browser.
fn sign_in(provider: &IdentityProvider, flags: &str) -> Outcome {
    let roots = provider.web().roots().display().to_string();
    let line = format!("oauth --provider {} --roots {roots} --client-id step {flags}", provider.issuer());
    User::new().step_and_visit(&line, provider.browser())
}

fn assert_is_adas(provider: &IdentityProvider, token: &str) {
    let token = Unverified::parse(token.trim_end()).unwrap();
    jws::verify(&token, &provider.key()).unwrap();
    let claims = token.claims();
    assert_eq!(claims.iss.as_deref(), Some(provider.issuer().as_str()));
    assert_eq!((claims.aud.as_slice(), claims.sub.as_deref()), (["step".to_owned()].as_slice(), Some("42")));
}

#[test]
fn a_person_signs_in_and_their_token_is_printed_as_it_is_wanted() {
    let provider = IdentityProvider::start(ada());
    let outcome = sign_in(&provider, "");
    let place = format!("Visit this address with your web browser:\n\n{}/authorize?", provider.issuer());
    assert!(outcome.talk.starts_with(&place), "{}", outcome.talk);
    let tokens: Value = serde_json::from_str(&outcome.answer()).unwrap();
    assert_eq!((&tokens["access_token"], &tokens["expires_in"]), (&json!("opaque"), &json!(300)));
    assert_is_adas(&provider, tokens["id_token"].as_str().unwrap());
    assert_eq!(sign_in(&provider, "--header").answer(), "Authorization: Bearer opaque\n");
    assert_is_adas(&provider, &sign_in(&provider, "--oidc --bare").answer());
    // A client without a secret shows none.
    assert!(provider.web().requests().iter().all(|request| !request.contains("client_secret")));
}

#[test]
fn what_does_not_answer_the_request_is_not_believed() {
    for (mischief, text) in [
        (Mischief::Nonce, "it answers another request"),
        (Mischief::Signature, "the identity token is not to be believed"),
        (Mischief::Audience, "it is for another client"),
        (Mischief::Refusal, "the provider refused: access_denied"),
        (Mischief::Issuer, "what came back from the browser does not say from whom it is"),
        (Mischief::Line, "a token has characters that no token has"),
    ] {
        let provider = IdentityProvider::with(ada(), mischief);
        let outcome = sign_in(&provider, "--bare");
        assert_eq!(outcome.answers, "", "{mischief:?}");
        let error = outcome.error();
        assert!(error.contains(text), "{mischief:?}: {error}");
    }
}

#[test]
fn a_code_is_typed_where_there_is_no_browser() {
    let provider = IdentityProvider::start(ada());
    assert_is_adas(&provider, &sign_in(&provider, "--console --oidc --bare").answer());
    // The address the browser ended at will do as well, if it answers this request.
    let by_address = "--console --listen-url https://localhost/nobody-listens --oidc --bare";
    assert_is_adas(&provider, &sign_in(&provider, by_address).answer());
    let provider = IdentityProvider::with(ada(), Mischief::State);
    let error = sign_in(&provider, by_address).error();
    assert!(error.contains("what came back from the browser answers another request"), "{error}");
    // A page that shows a code says nothing else with it; an address has to.
    let provider = IdentityProvider::with(ada(), Mischief::Issuer);
    assert_is_adas(&provider, &sign_in(&provider, "--console --oidc --bare").answer());
    let error = sign_in(&provider, by_address).error();
    assert!(error.contains("does not say from whom it is"), "{error}");
}

#[test]
fn a_code_is_shown_where_the_browser_is_elsewhere() {
    let provider = IdentityProvider::start(ada());
    let outcome = sign_in(&provider, "--console-flow device --oidc --bare");
    assert!(outcome.talk.contains("/enter with a web browser and enter this code:\n\nWDJB-MJHT\n"), "{}", outcome.talk);
    assert_is_adas(&provider, &outcome.answer());
}

#[test]
fn a_device_asks_again_when_the_connection_breaks() {
    let provider = IdentityProvider::with(ada(), Mischief::Connection);
    assert_is_adas(&provider, &sign_in(&provider, "--console-flow device --oidc --bare").answer());
}

#[test]
fn a_service_gets_no_identity_that_nobody_has_verified() {
    let provider = IdentityProvider::start(ada());
    let (user, key) = (User::new(), PrivateKey::generate(KeySpec::EcP256).unwrap());
    let account = json!({
        "type": "service_account", "client_email": "ci@example.com", "private_key_id": "k1",
        "private_key": *key.to_pem().unwrap(), "token_uri": format!("{}/token", provider.issuer()),
    });
    user.write("account.json", account.to_string());
    let roots = provider.web().roots().display();
    let line = format!("oauth --account {{}}/account.json --scope builds --roots {roots}");
    let tokens: Value = serde_json::from_str(&user.step(&line).answer()).unwrap();
    assert_eq!(tokens, json!({"access_token": "opaque", "expires_in": 300, "token_type": "Bearer"}));
    let error = user.step(&format!("{line} --oidc")).error();
    assert_eq!(error, "flag '--oidc' is incompatible with 'the account of a service'\n");
}

#[test]
fn whoever_the_roots_do_not_vouch_for_is_not_asked() {
    let provider = IdentityProvider::start(ada());
    let stranger = IdentityProvider::start(ada());
    let roots = stranger.web().roots().display().to_string();
    let line = format!("oauth --provider {} --roots {roots} --client-id step", provider.issuer());
    let error = User::new().step(&line).error();
    assert!(error.contains("cannot be asked"), "{error}");
    assert!(provider.web().requests().is_empty());
}

/// A CA whose people sign in at the provider and get one name each.
fn ca_for(provider: &IdentityProvider) -> TestCa {
    let grant = json!({"url": provider.keys(), "roots": provider.web().roots(), "allowPrivateNetworks": true});
    let settings = json!({
        "issuer": provider.issuer(), "keys": provider.keys(), "audience": "step",
        "names": ["{preferred_username}.people.example.com"],
    });
    let endpoint = format!("{}/.well-known/openid-configuration", provider.issuer());
    TestCa::build()
        .system_clock()
        .module_with("people", JWKS, json!({"settings": settings, "grants": {"http": [grant]}}))
        .provisioner(json!({
            "type": "OIDC", "name": "people", "policy": "people", "clientID": "step", "configurationEndpoint": endpoint,
        }))
        .start()
}

/// Somebody who trusts the CA, and the provider as the CA's companion.
fn somebody(ca: &TestCa, provider: &IdentityProvider) -> User {
    let user = User::new();
    let (ours, theirs) = (ca.step_path().root_certificate(), provider.web().roots());
    let defaults = json!({"ca-url": ca.url(), "root": format!("{},{}", ours.display(), theirs.display())});
    std::fs::create_dir_all(user.path("step/config")).unwrap();
    user.write("step/config/defaults.json", defaults.to_string());
    user
}

#[test]
fn whoever_signs_in_gets_the_certificate_that_is_theirs() {
    let provider = IdentityProvider::start(ada());
    let mut ca = ca_for(&provider);
    ca.let_others_in();
    let user = somebody(&ca, &provider);
    let line = "ca certificate ada.people.example.com {}/a.crt {}/a.key --provisioner people";
    let outcome = user.step_and_visit(line, provider.browser());
    assert!(outcome.talk.starts_with("✔ Provisioner: people (OIDC) [client: step]\n"), "{}", outcome.talk);
    outcome.answer();
    let certificate = &authority::Certificate::chain_from_pem(&user.read("a.crt")).unwrap()[0];
    assert_eq!(certificate.subject_alt_names().unwrap().iter().collect::<Vec<_>>(), ["ada.people.example.com"]);
    assert_eq!(certificate.subject().common_name(), Some("ada.people.example.com"));

    let line = "ca certificate root.people.example.com {}/b.crt {}/b.key --provisioner people";
    user.step_and_visit(line, provider.browser()).error();
    assert!(!user.path("b.crt").exists() && !user.path("b.key").exists());
}

#[test]
fn a_token_of_the_provider_is_made_now_and_spent_later_and_once() {
    let provider = IdentityProvider::start(ada());
    let mut ca = ca_for(&provider);
    ca.let_others_in();
    let user = somebody(&ca, &provider);
    let line = "ca token ada.people.example.com --provisioner people";
    let token = user.step_and_visit(line, provider.browser()).answer();
    assert_is_adas(&provider, &token);
    let spend = |name: &str| {
        let files = format!("{{}}/{name}.crt {{}}/{name}.key");
        user.step(&format!("ca certificate ada.people.example.com {files} --token {}", token.trim_end()))
    };
    spend("a").answer();
    spend("b").error();
    let error = user.step("ca token a --provisioner people --san b").error();
    assert!(error.contains("flag '--san' is incompatible with 'a provisioner of type OIDC'"), "{error}");
}
