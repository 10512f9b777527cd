//! Where the people of a provisioner of type `OIDC` sign in, as upstream's `ca.json` says it.
//!
//! The CA itself signs in nowhere: `step ca token` does, and is told all of this by `/provisioners`.

use super::{error::Problems, problem::Problem, reader::Object, suggest::nearest};

/// A client of an identity provider (RFC 6749 §2). Everybody may know it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OpenIdClient {
    /// `client_id`; what is to be among the `aud` of tokens.
    pub client_id: String,
    /// The secret that providers give to programs on many machines, which is none (RFC 8252 §8.5).
    pub client_secret: String,
    /// Where the provider says what it is (OpenID Connect Discovery 1.0 §4).
    pub configuration_endpoint: String,
    /// Where browsers come back to, `:<port>`; empty for any port.
    pub listen_address: String,
    /// What the provider is asked for; empty for `openid` and `email`.
    pub scopes: Vec<String>,
}

const MEMBERS: [&str; 5] = ["clientID", "clientSecret", "configurationEndpoint", "listenAddress", "scopes"];

/// Reads the members; `Some(None)` when they are not there, or the provisioner is of another type.
pub(super) fn read(object: &mut Object<'_>, kind: &str, problems: &mut Problems) -> Option<Option<OpenIdClient>> {
    if !kind.eq_ignore_ascii_case("OIDC") {
        return Some(None);
    }
    let [id, secret, endpoint, listen, scopes] = MEMBERS.map(|name| object.take(name));
    let is_fine = refuse_misspelt(object, problems);
    let mut text = |field: &Option<super::reader::Field<'_>>| match field {
        Some(field) => field.string(problems).map(str::to_owned),
        None => Some(String::new()),
    };
    let (client_id, client_secret) = (text(&id), text(&secret));
    let (configuration_endpoint, listen_address) = (text(&endpoint), text(&listen));
    let scopes = match &scopes {
        Some(field) => {
            let fields = field.array(problems)?;
            fields.iter().map(|field| field.string(problems).map(str::to_owned)).collect::<Option<Vec<_>>>()
        }
        None => Some(Vec::new()),
    };
    let client = OpenIdClient {
        client_id: client_id?,
        client_secret: client_secret?,
        configuration_endpoint: configuration_endpoint?,
        listen_address: listen_address?,
        scopes: scopes?,
    };
    match (client.client_id.is_empty(), client.configuration_endpoint.is_empty()) {
        _ if !is_fine => None,
        (false, false) => Some(Some(client)),
        (true, true) => Some(None),
        (true, false) => object.refuse("clientID", Problem::Empty { what: "client", right: CLIENT }, problems),
        (false, true) => {
            let problem = Problem::Empty { what: "configuration endpoint", right: ENDPOINT };
            object.refuse("configurationEndpoint", problem, problems)
        }
    }
}

const CLIENT: &str = "write the id the identity provider knows `step` by";
const ENDPOINT: &str = "write the https URL of the identity provider's configuration";

/// What is left are members of the module, unless one is nearly one of ours.
fn refuse_misspelt(object: &Object<'_>, problems: &mut Problems) -> bool {
    let mut is_fine = true;
    for (name, field) in object.others() {
        if let Some(suggestion) = nearest(name, MEMBERS) {
            field.refuse::<()>(Problem::UnknownMember { suggestion: Some(suggestion) }, problems);
            is_fine = false;
        }
    }
    is_fine
}
