//! `step:policy/jose`: tokens, taken apart and verified by the same code the rest of the CA uses.

use jose::jws::Unverified;
use jose::{Algorithm, JoseError};

use super::keys::{KeyCache, NoKey};
use super::price;
use crate::call::{Guest, Meter};
use crate::contract::imports::jose::{self as contract, Host, Jwt};
use crate::effects::{Arguments, Function};
use crate::text::printable;

impl Host for Guest {
    fn decode_unverified(&mut self, token: String) -> wasmtime::Result<Result<Jwt, contract::JoseError>> {
        self.meter.host_call(price::call(price::json(token.len())))?;
        Ok(Unverified::parse(&token).map(|token| jwt(&token)).map_err(refused))
    }

    fn verify(&mut self, token: String, keys: String) -> wasmtime::Result<Result<Jwt, contract::JoseError>> {
        self.meter.host_call(price::call(price::json(token.len().saturating_add(keys.len()))))?;
        let unverified = match readable(&token) {
            Ok(unverified) => unverified,
            Err(error) => return Ok(Err(error)),
        };
        // A replay has the token, but perhaps not its signature; what checking it took, and how it came out, is kept.
        if self.recorder.is_replay() {
            let jwt = jwt(&unverified);
            let arguments = Arguments::Token { token, keys };
            let (fuel, outcome): (u64, Result<(), contract::JoseError>) =
                self.recorder.recall(Function::JoseVerify, arguments)?;
            self.meter.charge(fuel)?;
            return Ok(outcome.map(|()| jwt));
        }
        let before = self.meter.used();
        let outcome = verified(&self.assignment.keys, &mut self.meter, &unverified, &keys)?;
        let fuel = self.meter.used().saturating_sub(before);
        let answer = outcome.clone().map(|()| jwt(&unverified));
        self.recorder.keep(Function::JoseVerify, Arguments::Token { token, keys }, &(fuel, outcome));
        Ok(answer)
    }
}

/// The token, unless it is none, or one that no key could verify: `none`, a MAC or an invention is no reason to look at
/// one.
fn readable(token: &str) -> Result<Unverified<'_>, contract::JoseError> {
    let token = Unverified::parse(token).map_err(refused)?;
    let name = token.header().alg();
    match Algorithm::from_name(name) {
        Some(_) => Ok(token),
        None => Err(refused(JoseError::AlgorithmNotAllowed(name.to_owned()))),
    }
}

fn verified(
    cache: &KeyCache,
    meter: &mut Meter,
    token: &Unverified<'_>,
    keys: &str,
) -> wasmtime::Result<Result<(), contract::JoseError>> {
    let key = match cache.json(keys, token.header().kid(), meter) {
        Ok(key) => key,
        Err(NoKey::Stopped(stop)) => return Err(stop),
        Err(NoKey::Refused(error)) => return Ok(Err(refused(error))),
        Err(NoKey::NotInSet) => return Ok(Err(contract::JoseError::NoMatchingKey)),
    };
    meter.charge(key.verify)?;
    Ok(token.verify(&key.verifying).map_err(refused))
}

fn jwt(token: &Unverified<'_>) -> Jwt {
    let header = token.header();
    Jwt {
        header: header.json().to_owned(),
        claims: token.claims_json().to_owned(),
        algorithm: header.alg().to_owned(),
        key_id: header.kid().map(str::to_owned),
        certificates: header.certificates().to_vec(),
    }
}

fn refused(error: JoseError) -> contract::JoseError {
    match error {
        JoseError::AlgorithmNotAllowed(name) => contract::JoseError::AlgorithmNotAllowed(printable(name, 64)),
        JoseError::BadSignature => contract::JoseError::BadSignature,
        error => contract::JoseError::Malformed(printable(error.to_string(), 512)),
    }
}

#[cfg(test)]
mod tests {
    use jose::Jwk;
    use jose::jws::{ProtectedHeader, sign};

    use super::*;

    fn verify(token: &str, keys: &str) -> Result<Jwt, contract::JoseError> {
        let token = readable(token)?;
        let outcome = verified(&KeyCache::default(), &mut Meter::full(), &token, keys).unwrap();
        outcome.map(|()| jwt(&token))
    }

    fn token(key: &Jwk, kid: &str) -> String {
        sign(&ProtectedHeader::jwt(kid), r#"{"sub":"web"}"#, key).unwrap()
    }

    #[test]
    fn a_token_is_verified_with_its_key_and_taken_apart() {
        let key = Jwk::generate_ec_p256().unwrap();
        let jwt = verify(&token(&key, "k1"), &key.to_json()).unwrap();
        assert_eq!(jwt.claims, r#"{"sub":"web"}"#);
        assert_eq!((jwt.algorithm.as_str(), jwt.key_id.as_deref()), ("ES256", Some("k1")));
        assert!(jwt.certificates.is_empty());
    }

    #[test]
    fn a_set_has_the_key_the_token_names_or_none() {
        let key = Jwk::generate_ec_p256().unwrap().with_kid("k1");
        let other = Jwk::generate_ec_p256().unwrap().with_kid("k2");
        let set = format!(r#"{{"keys":[{},{}]}}"#, other.to_json(), key.to_json());
        assert!(verify(&token(&key, "k1"), &set).is_ok());
        assert_eq!(verify(&token(&key, "k2"), &set).unwrap_err(), contract::JoseError::BadSignature);
        assert_eq!(verify(&token(&key, "k3"), &set).unwrap_err(), contract::JoseError::NoMatchingKey);
    }

    #[test]
    fn the_algorithm_is_the_keys_and_not_the_tokens() {
        let key = Jwk::generate_ed25519().unwrap();
        let token = token(&Jwk::generate_ec_p256().unwrap(), "k1");
        let expected = contract::JoseError::AlgorithmNotAllowed("ES256".into());
        assert_eq!(verify(&token, &key.to_json()).unwrap_err(), expected);
    }

    #[test]
    fn for_a_token_of_no_algorithm_nobody_looks_at_keys() {
        for (header, name) in [("eyJhbGciOiJub25lIn0", "none"), ("eyJhbGciOiJIUzI1NiJ9", "HS256")] {
            let answer = verify(&format!("{header}.e30.AAAA"), "these are no keys");
            assert_eq!(answer.unwrap_err(), contract::JoseError::AlgorithmNotAllowed(name.into()));
        }
    }
}
