//! The public key of the provisioner (RFC 7517), as it stands in `ca.json`.

use policy_sdk::{prelude::*, settings::Members};

/// A key that signatures can be verified with.
pub(crate) struct Key {
    /// What clients name the key by, in the header of their tokens.
    pub(crate) kid: String,
    /// The whole key, a JSON object.
    pub(crate) jwk: String,
}

impl Key {
    /// Reads `key` of the provisioner's object. Whether the key is on its curve is found by the host at its first use.
    pub(crate) fn parse(config: &str) -> Result<Self, Vec<ConfigError>> {
        let mut key = Members::of(config, "/config").object("key")?;
        let jwk = key.text();
        refuse_private_members(&mut key);
        match key.required::<String>("kty").as_deref() {
            Some("EC") => require_point(&mut key),
            Some("OKP") => require_octet_key(&mut key),
            Some("RSA") => require_rsa_numbers(&mut key),
            Some("oct") => {
                key.refuse("kty", "a symmetric key is no public key: whoever can verify with it can sign too")
            }
            Some(other) => key.refuse("kty", format!("{other} is unknown; known are EC, OKP and RSA")),
            None => {}
        }
        if key.optional::<String>("use").is_some_and(|usage| usage != "sig") {
            key.refuse("use", "must be \"sig\", or absent");
        }
        if let Some(alg) = key.optional::<String>("alg").filter(|alg| !ALGORITHMS.contains(&alg.as_str())) {
            key.refuse(
                "alg",
                format!("{alg} is no signature algorithm of a public key; leave it out to take the key's"),
            );
        }
        let kid = key.optional::<String>("kid").unwrap_or_default();
        if kid.is_empty() {
            key.refuse("kid", "must be set, because tokens name the key by it; use its RFC 7638 thumbprint");
        }
        key.finish()?;
        Ok(Self { kid, jwk })
    }
}

const ALGORITHMS: [&str; 10] =
    ["ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];

/// RFC 7518 §6.2.2, §6.3.2, §6.4.1 and RFC 8037 §2.
fn refuse_private_members(key: &mut Members) {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        if key.has(member) {
            key.refuse(
                member,
                "is part of a secret key; ca.json holds the public key, and encryptedKey the other half",
            );
        }
    }
}

/// RFC 7518 §6.2.1: both coordinates, each as long as the curve's field.
fn require_point(key: &mut Members) {
    let Some(curve) = key.required::<String>("crv") else { return };
    let octets = match curve.as_str() {
        "P-256" => 32,
        "P-384" => 48,
        "P-521" => 66,
        _ => return key.refuse("crv", format!("{curve} is unknown; known are P-256, P-384 and P-521")),
    };
    for coordinate in ["x", "y"] {
        require_octets(key, coordinate, octets..=octets);
    }
}

/// RFC 8037 §2.
fn require_octet_key(key: &mut Members) {
    match key.required::<String>("crv").as_deref() {
        Some("Ed25519") => require_octets(key, "x", 32..=32),
        Some(other) => key.refuse("crv", format!("{other} is unknown or does not sign; Ed25519 does")),
        None => {}
    }
}

/// RFC 7518 §6.3.1: a modulus of 2048 to 8192 bits, and an exponent.
fn require_rsa_numbers(key: &mut Members) {
    require_octets(key, "n", 256..=1024);
    require_octets(key, "e", 1..=8);
}

/// base64url without padding makes 4 characters of 3 octets.
fn require_octets(key: &mut Members, member: &'static str, octets: std::ops::RangeInclusive<usize>) {
    let Some(text) = key.required::<String>(member) else { return };
    let found = text.len() * 3 / 4;
    if !octets.contains(&found) {
        let (least, most) = (octets.start(), octets.end());
        let range = if least == most { least.to_string() } else { format!("{least} to {most}") };
        key.refuse(member, format!("holds {found} octets, and must hold {range} in base64url without padding"));
    }
}
