//! A provisioner for tokens of an issuer that publishes its keys, as OpenID Connect providers do.
//!
//! A token is good for the one name that its subject is, or for the names that are made of its claims. Keys are fetched
//! from where the settings say, and kept for as long as they say: a key that is withdrawn is believed for so long at most.

use policy_sdk::{
    audience,
    http::{self, HttpError},
    jose::{self, JoseError},
    jwt::{ClaimError, Claims, TimeRules},
    names,
    prelude::*,
    provisioner::{
        CommonNameRule, Descriptor, Environment, ReplayMode, RevokeRequest, RoutingKey, SanRule, ValidityBounds,
    },
};

mod template;

use template::{Template, Values};

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`. Where the keys are has to be granted.
    #[allow(non_snake_case, reason = "the names of members of JSON")]
    pub struct Settings {
        /// `iss` of its tokens.
        issuer: String,
        /// Where it publishes its keys.
        keys: String,
        /// What is to be among the `aud` of a token.
        audience: String,
        /// Seconds for which keys are kept.
        maxAge: u32 = 300,
        /// Claims a token must have, each with one of some values.
        require: Vec<Requirement> = [],
        /// Names a token is good for, made of its claims, e.g. {repository/1}.ci.example.com; its subject when there are none.
        names: Vec<Template> = [],
        /// Claims that checks see as attributes of the identity.
        attributes: Vec<String> = [],
    }
}

policy_sdk::settings! {
    /// What a token must say.
    pub struct Requirement {
        /// The claim.
        claim: String,
        /// What it may be.
        values: Vec<String>,
    }
}

/// Whom to believe.
pub struct Jwks {
    settings: Settings,
}

impl Provisioner for Jwks {
    fn init(environment: Environment) -> Result<(Self, Descriptor), Vec<ConfigError>> {
        let settings = Settings::parse(&environment.settings)?;
        let routing_keys = vec![RoutingKey::Issuer(settings.issuer.clone())];
        Ok((Self { settings }, Descriptor { routing_keys, credential_id: None, replay: ReplayMode::Jwt }))
    }

    fn authorize_sign(&self, request: &SignRequest) -> Result<SignGrant, Denial> {
        let (claims, values) = self.verify(&request.token, request.context.now)?;
        let subject = claims.sub.filter(|subject| !subject.is_empty() && !names::has_controls(subject));
        let subject = subject.ok_or_else(|| Denial::unauthorized("jwks.sub", "the token names nobody"))?;
        for Requirement { claim, values: wanted } in &self.settings.require {
            values.require(claim, wanted)?;
        }
        let names = match self.settings.names.as_slice() {
            [] => vec![subject.clone()],
            templates => templates.iter().map(|template| template.fill(&values)).collect::<Result<_, _>>()?,
        };
        let attributes = self.settings.attributes.iter();
        let attributes = attributes.filter_map(|claim| Some((claim.clone(), values.text(claim)?))).collect();
        Ok(SignGrant {
            csr_sha256: None,
            subject_alt_names: SanRule::Exact(names::classify(names.iter().map(String::as_str))),
            common_name: CommonNameRule::OneOf(names),
            validity: ValidityBounds::default(),
            single_use: None,
            extension_pairs: vec![],
            identity: Identity { subject, credential_id: String::new(), attributes },
        })
    }

    fn authorize_revoke(&self, request: &RevokeRequest) -> Result<Identity, Denial> {
        let _ = self.verify(&request.token, request.context.now)?;
        Err(Denial::not_implemented("jwks.revoke", "tokens of this issuer do not revoke certificates"))
    }
}

impl Jwks {
    fn verify(&self, token: &str, now: Timestamp) -> Result<(Claims, Values), Denial> {
        let Settings { issuer, keys, audience, maxAge, .. } = &self.settings;
        let response = http::get_cached(keys, *maxAge).map_err(|error| no_keys(&error))?;
        let keys = String::from_utf8(response.body).ok().filter(|_| response.status == 200);
        let keys = keys.ok_or_else(|| {
            Denial::unauthorized("jwks.keys", "the issuer shows no keys").detail("status", response.status.to_string())
        })?;
        let jwt = jose::verify(token, &keys).map_err(|error| not_verified(&error))?;
        let claims = Claims::parse(&jwt.claims).map_err(bad_claim)?;
        if claims.iss.as_ref() != Some(issuer) {
            return Err(Denial::unauthorized("jwks.iss", "the token is of another issuer"));
        }
        claims.check_times(now, &TimeRules::default()).map_err(bad_claim)?;
        if !audience::is_accepted(&claims.aud, std::slice::from_ref(audience)) {
            return Err(Denial::unauthorized("jwks.aud", "the token is meant for somebody else"));
        }
        Ok((claims, Values::of(&jwt.claims)))
    }
}

fn no_keys(error: &HttpError) -> Denial {
    Denial::unauthorized("jwks.keys", "the issuer does not show its keys").detail("error", format!("{error:?}"))
}

fn not_verified(error: &JoseError) -> Denial {
    Denial::unauthorized("jwks.signature", "the token is not signed by the issuer")
        .detail("error", format!("{error:?}"))
}

fn bad_claim(error: ClaimError) -> Denial {
    error.denial("jwks")
}

policy_sdk::provisioner!(
    Jwks,
    settings: Settings,
    rules: [
        "jwks.aud",
        "jwks.expired",
        "jwks.iss",
        "jwks.issued-in-the-future",
        "jwks.keys",
        "jwks.lives-too-long",
        "jwks.missing",
        "jwks.names",
        "jwks.not-yet-valid",
        "jwks.require",
        "jwks.reversed",
        "jwks.revoke",
        "jwks.signature",
        "jwks.starts-too-late",
        "jwks.sub",
    ]
);
