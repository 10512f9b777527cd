//! Tokens of an identity provider, in place of those a provisioner's key signs.

use api_types::Provisioner;
use zeroize::Zeroizing;

use crate::{
    client::{Roots, tls},
    context::Context,
    oauth::{self, Client, Exchange, ListenAddress, Redirect, Wish, discover, secure_url},
};

/// Whether the provisioner's tokens are those of an identity provider it names.
pub(crate) fn is_openid(provisioner: &Provisioner) -> bool {
    let names_a_provider = !provisioner.client_id.is_empty() && !provisioner.configuration_endpoint.is_empty();
    names_a_provider && provisioner.r#type.eq_ignore_ascii_case("oidc")
}

/// Has the person sign in at the provisioner's identity provider; what that says of them is the token.
///
/// `roots` are the CA's: it names the provider and judges its tokens, so whoever vouches for the CA may vouch for the
/// provider, beside those the system trusts.
pub(crate) fn identity_token(
    cx: &mut Context,
    provisioner: &Provisioner,
    roots: &Roots,
) -> anyhow::Result<Zeroizing<String>> {
    let place = secure_url("the configuration endpoint of the provisioner", &provisioner.configuration_endpoint)?;
    let exchange = Exchange::new(tls::verifying_by_system_and(roots)?, &place)?;
    let provider = cx.wait_for(discover(&exchange, &place))??;
    let secret = Zeroizing::new(provisioner.client_secret.clone());
    let client = Client::new(provisioner.client_id.as_str(), Some(secret));
    let wish = Wish { scopes: scopes(provisioner), ..Wish::default() };
    let redirect = Redirect { address: listen_address(provisioner), ..Redirect::default() };
    let tokens = oauth::authorize(cx, &exchange, &provider, &client, &wish, &redirect)?;
    Ok(Zeroizing::new(tokens.id_token()?.to_owned()))
}

fn scopes(provisioner: &Provisioner) -> Vec<String> {
    match provisioner.scopes.as_slice() {
        [] => vec!["openid".into(), "email".into()],
        scopes => scopes.to_vec(),
    }
}

/// The provisioner's port. Nobody but this machine is listened to, whatever it says.
fn listen_address(provisioner: &Provisioner) -> ListenAddress {
    provisioner
        .listen_address
        .parse::<ListenAddress>()
        .map_or_else(|_| ListenAddress::default(), ListenAddress::loopback)
}
