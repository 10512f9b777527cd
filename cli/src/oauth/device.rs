//! A person signs in at another machine, with a short code (RFC 8628).

use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::ZeroizeOnDrop;

use super::{Client, Exchange, OauthError, Provider, Tokens, Wish, interactive::show};
use crate::context::Context;

/// What the provider has for device and person (§3.2).
#[derive(Deserialize, ZeroizeOnDrop)]
struct Device {
    device_code: String,
    user_code: String,
    // Google calls it as the drafts did.
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

/// Longer than this nobody is waited for, whatever the provider says.
const MAX_PATIENCE: u64 = 30 * 60;
/// Seconds between two questions when the provider does not say (§3.2).
const INTERVAL: u64 = 5;
/// Seconds that are added when it has been asked too often (§3.5).
const SLOW_DOWN: u64 = 5;
const MAX_INTERVAL: u64 = 60;

/// Tokens for a person who enters a code elsewhere.
pub(crate) fn authorize(
    cx: &mut Context,
    exchange: &Exchange,
    provider: &Provider,
    client: &Client,
    wish: &Wish,
) -> anyhow::Result<Tokens> {
    let place = provider.device.as_ref().ok_or(OauthError::NoDeviceFlow)?;
    let scope = wish.scopes.join(" ");
    let form = [("scope", scope.as_str())];
    let asked = exchange.post(place, &form, Some((client, provider.authentication)));
    let device: Device = cx.wait_for(asked)??;
    let sentence = format!("Visit {} with a web browser and enter this code:", device.verification_uri);
    show(cx, &sentence, &device.user_code)?;
    if let Some(complete) = &device.verification_uri_complete {
        cx.output.say(format!("This address has the code in it: {complete}"))?;
    }
    Ok(cx.wait_for(poll(exchange, provider, client, &device))??)
}

/// Asks until there is an answer (§3.4).
async fn poll(
    exchange: &Exchange,
    provider: &Provider,
    client: &Client,
    device: &Device,
) -> Result<Tokens, OauthError> {
    let form =
        [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", device.device_code.as_str())];
    let started = Instant::now();
    let patience = Duration::from_secs(device.expires_in.min(MAX_PATIENCE));
    let mut interval = device.interval.unwrap_or(INTERVAL).clamp(1, MAX_INTERVAL);
    loop {
        tokio::time::sleep(Duration::from_secs(interval)).await;
        let answer = exchange.post::<Tokens>(&provider.token, &form, Some((client, provider.authentication))).await;
        match answer {
            // A device has no nonce to compare: its code came from the provider itself.
            Ok(tokens) => return tokens.verified(exchange, provider, client, None).await,
            Err(OauthError::Refused { code, .. }) if code == "authorization_pending" => {}
            Err(OauthError::Refused { code, .. }) if code == "slow_down" => {
                interval = (interval + SLOW_DOWN).min(MAX_INTERVAL);
            }
            Err(OauthError::Refused { code, .. }) if code == "expired_token" => return Err(OauthError::DeviceExpired),
            // The person is still typing: a network that fails now may be back by then (§3.5).
            Err(error @ OauthError::Transport { .. }) => {
                if started.elapsed() >= patience {
                    return Err(error);
                }
                interval = (interval * 2).min(MAX_INTERVAL);
            }
            Err(error) => return Err(error),
        }
        if started.elapsed() >= patience {
            return Err(OauthError::DeviceExpired);
        }
    }
}
