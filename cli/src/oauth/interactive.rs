//! A person signs in with their browser.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use reqwest::Url;

use super::{
    Client, Exchange, OauthError, Provider, Redirect, Tokens, authorization::Authorization, callback::Callback,
    listener::Listener,
};
use crate::{
    context::Context,
    prompt::{Question, not_blank},
};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// What the tokens are to be good for (RFC 6749 §3.3).
    pub(crate) scopes: Vec<String>,
    /// What the person is to be asked again (OpenID Connect Core 1.0 §3.1.2.1).
    pub(crate) prompt: Option<String>,
    /// Who the person probably is.
    pub(crate) email: Option<String>,
    /// What the provider understands besides.
    pub(crate) parameters: Vec<super::Parameter>,
}

/// Where a provider shows the code to the person instead of sending it anywhere.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Tokens for the person at the browser of this machine, which comes back here.
pub(crate) fn authorize(
    cx: &mut Context,
    exchange: &Exchange,
    provider: &Provider,
    client: &Client,
    wish: &Wish,
    redirect: &Redirect,
) -> anyhow::Result<Tokens> {
    let listener = cx.wait_for(Listener::bind(redirect))??;
    let authorization = Arc::new(Authorization::new(listener.redirect_uri().to_owned()));
    let url = authorization.url(provider, client, wish);
    let is_open = cx.is_typed() && open(&url);
    let sentence = match is_open {
        true => "Your web browser has been opened to visit:",
        false => "Visit this address with your web browser:",
    };
    show(cx, sentence, url.as_str())?;
    let callback = cx.wait_for(listener.wait(Arc::clone(&authorization)))??;
    Ok(cx.wait_for(authorization.exchange(exchange, provider, client, callback))??)
}

/// Tokens for a person at a browser elsewhere, who brings the code, or the address it ended at, by hand.
pub(crate) fn authorize_by_hand(
    cx: &mut Context,
    exchange: &Exchange,
    provider: &Provider,
    client: &Client,
    wish: &Wish,
    redirect_uri: Option<&str>,
) -> anyhow::Result<Tokens> {
    let authorization = Authorization::new(redirect_uri.unwrap_or(OUT_OF_BAND).to_owned());
    let url = authorization.url(provider, client, wish);
    show(cx, "Visit this address with a web browser:", url.as_str())?;
    let question = Question { label: "Enter verification code: ", flag: "--console-flow device" };
    let typed = cx.ask(question, "", not_blank)?;
    let callback = match Url::parse(typed.trim()) {
        Ok(address) => {
            let callback = Callback::parse(address.query().unwrap_or_default())?;
            if !authorization.is_answered_by(&callback) {
                return Err(OauthError::Callback("answers another request").into());
            }
            callback
        }
        Err(_) => Callback::of_code(typed.trim()),
    };
    Ok(cx.wait_for(authorization.exchange(exchange, provider, client, callback))??)
}

/// Says a sentence, and what is to be copied from below it.
pub(super) fn show(cx: &mut Context, sentence: &str, copied: &str) -> std::io::Result<()> {
    for line in [sentence, "", copied, ""] {
        cx.output.say(line)?;
    }
    Ok(())
}

/// Opens the browser, if there is a way to.
fn open(url: &Url) -> bool {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(url.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
