//! The listener, as browsers and strangers find it.

use std::sync::Arc;

use super::{
    OauthError, Redirect, authorization::Authorization, client::Client, interactive::Wish, listener::Listener,
    provider::Provider, secure_url,
};

fn provider() -> Provider {
    let place = |path: &str| secure_url("a test", &format!("https://idp.example.com{path}")).unwrap();
    Provider::at(place("/authorize"), place("/token"))
}

fn state_of(authorization: &Authorization) -> String {
    let url = authorization.url(&provider(), &Client::new("step", None), &Wish::default());
    let state = url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
    state.unwrap()
}

async fn ask(url: String) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    // A connection that stays open must not keep the program waiting.
    let answer = client.tls_backend_preconfigured(tls()).build().unwrap().get(url).send().await.unwrap();
    let place = answer.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
    (answer.status().as_u16(), place.unwrap_or_default())
}

fn tls() -> rustls::ClientConfig {
    crate::client::tls::verifying_by_system_and(&crate::client::Roots::from_bytes(root().as_bytes()).unwrap()).unwrap()
}

fn root() -> String {
    crate::testing::root_certificate()
}

#[tokio::test]
async fn one_answer_is_taken_and_it_is_the_one_that_was_asked_for() {
    let redirect = Redirect { finished: Some("https://example.com/done".parse().unwrap()), ..Redirect::default() };
    let listener = Listener::bind(&redirect).await.unwrap();
    let place = listener.redirect_uri().to_owned();
    assert!(place.starts_with("http://127.0.0.1:") && !place.ends_with(":0"), "{place}");
    let authorization = Arc::new(Authorization::new(place.clone()));
    let state = state_of(&authorization);
    let waiting = tokio::spawn(listener.wait(authorization));

    assert_eq!(ask(format!("{place}/favicon.ico?state={state}&code=x")).await.0, 404);
    assert_eq!(ask(format!("{place}/?code=stolen&state=guessed")).await.0, 400);
    assert_eq!(ask(format!("{place}/?code=stolen")).await.0, 400);
    assert_eq!(ask(format!("{place}/?code=a&code=b&state={state}")).await.0, 400);
    assert!(!waiting.is_finished());
    let answer = ask(format!("{place}/?code=mine&state={state}")).await;
    assert_eq!(answer, (303, "https://example.com/done".to_owned()));
    let callback = waiting.await.unwrap().unwrap();
    assert_eq!(*callback.code(&provider()).unwrap(), "mine");
}

#[tokio::test]
async fn what_the_provider_is_told_is_where_it_is_listened() {
    let url = Some("http://localhost:4711/back".to_owned());
    let listener = Listener::bind(&Redirect { url, ..Redirect::default() }).await.unwrap();
    assert_eq!(listener.redirect_uri(), "http://localhost:4711/back");
    let url = Some("not a url".to_owned());
    let outcome = Listener::bind(&Redirect { url, ..Redirect::default() }).await;
    assert!(matches!(outcome, Err(OauthError::NotAUrl { .. })));
}
