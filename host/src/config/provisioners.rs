//! `authority.provisioners`: who may authorize requests.
//!
//! What a provisioner's other members mean is the business of its module, which gets the object letter for letter.

use std::fmt::Write;

use super::{
    claims::{self, Claims},
    document::Value,
    error::Problems,
    openid::{self, OpenIdClient},
    policies::{Builtin, Names, PolicyName},
    problem::Problem,
    reader::{Field, Object},
    suggest::nearest,
};

/// One provisioner.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvisionerConfig {
    /// The `iss` of its tokens. Several provisioners may share it, if their keys have different `kid`s.
    pub name: String,
    /// `JWK` or `jwk`, or whatever its module understands, as written.
    pub kind: String,
    /// The module that verifies its credentials.
    pub policy: PolicyName,
    /// Its own checks, which are asked after those of the authority.
    pub checks: Vec<PolicyName>,
    /// Its own claims; none means those of the authority.
    pub claims: Option<Claims>,
    /// The public JWK, letter for letter; nobody has judged it yet.
    pub key: Option<String>,
    /// The `kid` in `key`.
    pub key_id: Option<String>,
    /// Where its clients sign in, for a provisioner that has an identity provider and says so.
    pub openid: Option<OpenIdClient>,
    /// The private JWK under a password: a compact JWE that `/provisioners` shows to everyone.
    pub encrypted_key: Option<String>,
    /// The whole object as JSON, letter for letter, without the members that speak to the host (`policy`, `policies`).
    pub config: String,
    /// Its place in the file, such as `authority.provisioners[0]`.
    pub place: String,
    /// The line on which it begins.
    pub line: usize,
}

impl ProvisionerConfig {
    /// What everyone may know of it. None when it has no key that can be read as a public one, and does not say where its
    /// clients sign in: clients of 2019 do not survive an entry without a key, and who has such clients leaves that out.
    pub fn published(&self) -> Option<api_types::Provisioner> {
        // Only public members have a place in the type: a private key that strayed into the file goes no further.
        let key = self.key.as_deref().map(serde_json::from_str).transpose().ok()?;
        if key.is_none() && self.openid.is_none() {
            return None;
        }
        let claims = self.claims.clone().unwrap_or_default();
        let openid = self.openid.clone().unwrap_or_default();
        Some(api_types::Provisioner {
            name: self.name.clone(),
            r#type: self.kind.clone(),
            key,
            encrypted_key: self.encrypted_key.clone().unwrap_or_default(),
            client_id: openid.client_id,
            client_secret: openid.client_secret,
            configuration_endpoint: openid.configuration_endpoint,
            listen_address: openid.listen_address,
            scopes: openid.scopes,
            // Upstream always writes the member, if only as `{}`.
            claims: Some(api_types::ProvisionerClaims {
                min_tls_cert_duration: claims.min_tls_cert_duration,
                max_tls_cert_duration: claims.max_tls_cert_duration,
                default_tls_cert_duration: claims.default_tls_cert_duration,
                disable_renewal: claims.disable_renewal,
            }),
            policies: Vec::new(),
        })
    }
}

/// Reads the list. `global` fills the gaps of each provisioner's claims.
pub(super) fn read(
    field: &Field<'_>,
    global: &Claims,
    names: &mut Names<'_>,
    problems: &mut Problems,
) -> Option<Vec<ProvisionerConfig>> {
    let fields = field.array(problems)?;
    if fields.is_empty() {
        return field.refuse(EMPTY, problems);
    }
    let read: Vec<_> = fields.iter().map(|field| provisioner(field, global, names, problems)).collect();
    let provisioners: Vec<ProvisionerConfig> = read.into_iter().flatten().collect();
    for (n, provisioner) in provisioners.iter().enumerate() {
        let same = |other: &&ProvisionerConfig| other.name == provisioner.name && other.key_id == provisioner.key_id;
        if let Some(first) = provisioners.iter().take(n).find(same) {
            let problem = Problem::DoubledProvisioner { first: first.place.clone() };
            problems.refuse(&provisioner.place, provisioner.line, problem);
        }
    }
    Some(provisioners)
}

pub(super) const EMPTY: Problem =
    Problem::Empty { what: "authority.provisioners", right: "`step ca init` makes the first" };

fn provisioner(
    field: &Field<'_>,
    global: &Claims,
    names: &mut Names<'_>,
    problems: &mut Problems,
) -> Option<ProvisionerConfig> {
    let mut object = field.object(problems)?;
    let name = needed(&mut object, "name", Problem::Empty { what: "provisioner name", right: NAME }, problems);
    let kind = needed(&mut object, "type", Problem::Empty { what: "provisioner type", right: TYPE }, problems);
    let policy = match object.take("policy") {
        Some(field) => names.provisioner(&field, problems),
        None => kind.as_ref().and_then(|(field, kind)| policy_of_type(field, kind, problems)),
    };
    let checks = object.take("policies").map_or(Some(Vec::new()), |field| names.checks(&field, problems));
    let key = object.take("key");
    let is_jwk = policy == Some(PolicyName::Builtin(Builtin::Jwk));
    if is_jwk && key.is_none() {
        object.refuse::<()>("key", Problem::Empty { what: "provisioner key", right: KEY }, problems);
    }
    let openid = openid::read(&mut object, kind.as_ref().map_or("", |(_, kind)| kind), problems);
    let encrypted_key = object.take("encryptedKey");
    let encrypted_key = encrypted_key.and_then(|field| field.string(problems).map(str::to_owned));
    let own_claims = object.take("claims");
    let own_claims = own_claims.map(|field| claims::read(&field, global, problems, |_, _| {}));
    let config = module_config(field);
    let (place, line) = (field.path.clone(), field.line);
    finish(object, is_jwk, problems);
    Some(ProvisionerConfig {
        name: name?.1.to_owned(),
        kind: kind?.1.to_owned(),
        policy: policy?,
        checks: checks?,
        claims: match own_claims {
            Some(claims) => Some(claims?),
            None => None,
        },
        key_id: key.as_ref().and_then(key_id),
        key: key.map(|field| field.node.text.to_owned()),
        openid: openid?,
        encrypted_key: encrypted_key.filter(|key| !key.is_empty()),
        config,
        place,
        line,
    })
}

const NAME: &str = "write what tokens have as `iss`, such as an e-mail address";
const TYPE: &str = "write \"JWK\"";
const KEY: &str = "write the public JWK; `step ca provisioner add` makes one";

/// A member that is there and not empty.
fn needed<'t>(
    object: &mut Object<'t>,
    name: &'static str,
    empty: Problem,
    problems: &mut Problems,
) -> Option<(Field<'t>, &'t str)> {
    match object.take(name) {
        Some(field) => match field.string(problems)? {
            "" => field.refuse(empty, problems),
            text => Some((field, text)),
        },
        None => object.refuse(name, empty, problems),
    }
}

fn policy_of_type(field: &Field<'_>, kind: &str, problems: &mut Problems) -> Option<PolicyName> {
    match kind {
        kind if kind.eq_ignore_ascii_case("JWK") => Some(PolicyName::Builtin(Builtin::Jwk)),
        other => field.refuse(Problem::ProvisionerType(other.to_owned()), problems),
    }
}

fn key_id(key: &Field<'_>) -> Option<String> {
    let object = key.object(&mut Problems::default())?;
    let (_, kid) = object.entries().find(|(name, _)| *name == "kid")?;
    kid.string(&mut Problems::default()).map(str::to_owned)
}

/// A stranger's module may read any member, but not one that was meant for the host and mistyped.
fn finish(mut object: Object<'_>, is_jwk: bool, problems: &mut Problems) {
    if is_jwk {
        object.no_effect("options", "templates and name policies of upstream are not applied", problems);
        return object.finish(problems);
    }
    for (name, field) in object.others() {
        if let Some(suggestion) = nearest(name, ["policy", "policies", "claims"]) {
            field.refuse::<()>(Problem::UnknownMember { suggestion: Some(suggestion) }, problems);
        }
    }
}

/// The text of the object; when it has members for the host, put together again without them.
fn module_config(field: &Field<'_>) -> String {
    let Value::Object(members) = &field.node.value else { return field.node.text.to_owned() };
    let for_host = |name: &str| matches!(name, "policy" | "policies");
    if !members.iter().any(|member| for_host(&member.name)) {
        return field.node.text.to_owned();
    }
    let mut config = String::from("{");
    for member in members.iter().filter(|member| !for_host(&member.name)) {
        let comma = if config.len() > 1 { "," } else { "" };
        let name = serde_json::to_string(&member.name).expect("text has a JSON form");
        write!(config, "{comma}{name}:{}", member.node.text).expect("a String takes all text");
    }
    config.push('}');
    config
}
