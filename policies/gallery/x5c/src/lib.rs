//! A provisioner for tokens that a certificate vouches for: its key signs them, its issuer is trusted, its names are
//! certified.
//!
//! The chain travels in the token's header (`x5c`, RFC 7515 §4.1.6). What is certified lives no longer than the certificate
//! that vouched for it.

use policy_sdk::{
    audience,
    jwt::{ClaimError, Claims, TimeRules},
    prelude::*,
    provisioner::{
        Audiences, CommonNameRule, Descriptor, Environment, ReplayMode, RoutingKey, SanRule, ValidityBounds,
    },
    types::CertificateInfo,
    x509,
};

mod chain;

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// Certificates of the authorities whose certificates are believed, in PEM.
        roots: String,
    }
}

/// Whom to believe.
pub struct X5c {
    /// The provisioner's own, which is `iss` of its tokens.
    name: String,
    audiences: Audiences,
    roots: Vec<Vec<u8>>,
}

impl Provisioner for X5c {
    fn init(environment: Environment) -> Result<(Self, Descriptor), Vec<ConfigError>> {
        let Settings { roots } = Settings::parse(&environment.settings)?;
        let roots = x509::decode_pem(&roots).map_err(|error| ConfigError::at("/settings/roots", error))?;
        if roots.is_empty() {
            return Err(ConfigError::at("/settings/roots", "must have a certificate").into());
        }
        let routing_keys = vec![RoutingKey::Issuer(environment.name.clone())];
        let policy = Self { name: environment.name, audiences: environment.audiences, roots };
        Ok((policy, Descriptor { routing_keys, credential_id: None, replay: ReplayMode::Jwt }))
    }

    fn authorize_sign(&self, request: &SignRequest) -> Result<SignGrant, Denial> {
        let leaf = self.verify(&request.token, &self.audiences.sign, request.context.now)?;
        let names = leaf.subject_alt_names.clone();
        let own = Some(&leaf.subject.common_name).filter(|name| !name.is_empty());
        let common_names = own.cloned().into_iter().chain(names.iter().map(str::to_owned)).collect();
        Ok(SignGrant {
            identity: Identity::of_certificate(&leaf),
            csr_sha256: None,
            common_name: CommonNameRule::OneOf(common_names),
            subject_alt_names: SanRule::Subset(names),
            validity: ValidityBounds { not_after: Some(leaf.validity.not_after), ..ValidityBounds::default() },
            single_use: None,
            extension_pairs: vec![],
        })
    }
}

impl X5c {
    /// The certificate whose key has signed this token, for this CA and now.
    fn verify(&self, token: &str, audiences: &[String], now: Timestamp) -> Result<CertificateInfo, Denial> {
        let (claims, leaf) = chain::verify(token, &self.roots, now)?;
        let claims = Claims::parse(&claims).map_err(bad_claim)?;
        if claims.iss.as_ref() != Some(&self.name) {
            return Err(Denial::unauthorized("x5c.iss", "the token is for another provisioner"));
        }
        claims.check_times(now, &TimeRules::default()).map_err(bad_claim)?;
        if !audience::is_accepted(&claims.aud, audiences) {
            return Err(Denial::unauthorized("x5c.aud", "the token is meant for somebody else"));
        }
        Ok(leaf)
    }
}

fn bad_claim(error: ClaimError) -> Denial {
    error.denial("x5c")
}

policy_sdk::provisioner!(
    X5c,
    settings: Settings,
    rules: [
        "provisioner.revoke",
        "x5c.aud",
        "x5c.chain",
        "x5c.expired",
        "x5c.iss",
        "x5c.issued-in-the-future",
        "x5c.lives-too-long",
        "x5c.malformed",
        "x5c.missing",
        "x5c.not-yet-valid",
        "x5c.reversed",
        "x5c.signature",
        "x5c.starts-too-late",
        "x5c.usage",
    ]
);
