//! What `ca token`, `ca certificate` and `ca sign` have in common: from a person to a token, from a token to a
//! certificate.

use std::path::PathBuf;

use anyhow::Context as _;
use api_types::SignRequest;
use authority::{CertificationRequest, SerialNumber};
use clap::Args;
use jose::jws::Unverified;
use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::flags::{CaFlags, ValidityFlags};
use crate::{
    CaUrl,
    client::{self, Client, Fingerprint},
    context::Context,
    error::CommandError,
    provisioning::{self, Lifetime, Purpose, TokenRequest},
};

/// Which provisioner signs the token, and how its key is unlocked.
#[derive(Args)]
pub(super) struct ProvisionerFlags {
    /// Key id of the provisioner
    #[arg(long, value_name = "KID")]
    pub(super) kid: Option<String>,
    /// Name of the provisioner
    #[arg(long, alias = "issuer", value_name = "NAME")]
    pub(super) provisioner: Option<String>,
    /// File with the password of the provisioner's key
    #[arg(long, value_name = "FILE")]
    provisioner_password_file: Option<PathBuf>,
    /// File with the password of the provisioner's key, as older scripts call it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl ProvisionerFlags {
    pub(super) fn password_file(&self) -> Option<&std::path::Path> {
        self.provisioner_password_file.as_deref().or(self.password_file.as_deref())
    }

    /// A token for a certificate with these names.
    pub(super) fn token_for(
        &self,
        cx: &mut Context,
        ca: &CaFlags,
        subject: &str,
        names: &[String],
    ) -> anyhow::Result<Zeroizing<String>> {
        self.token(cx, ca, Purpose::Sign, subject, Some(names))
    }

    /// A token for the end of the certificate with this serial number.
    pub(super) fn token_against(
        &self,
        cx: &mut Context,
        ca: &CaFlags,
        serial_number: &SerialNumber,
    ) -> anyhow::Result<Zeroizing<String>> {
        self.token(cx, ca, Purpose::Revoke, &serial_number.to_string(), None)
    }

    /// A token at the CA these flags name, signed with a provisioner's key the CA hands out encrypted.
    fn token(
        &self,
        cx: &mut Context,
        ca: &CaFlags,
        purpose: Purpose,
        subject: &str,
        names: Option<&[String]>,
    ) -> anyhow::Result<Zeroizing<String>> {
        let no_url = || CommandError::RequiredUnless { flag: "ca-url", alternative: "token" };
        let url = ca.given_url().cloned().ok_or_else(no_url)?;
        let root = ca.root_fingerprint(cx)?;
        let client = Client::new(url, &ca.roots(cx)?)?;
        let provisioners = cx.wait_for(client.provisioners())??;
        let chosen = provisioning::choose(cx, provisioners, self.kid.as_deref(), self.provisioner.as_deref())?;
        if provisioning::is_openid(&chosen) {
            return provisioning::identity_token(cx, &chosen, &ca.roots(cx)?);
        }
        let kid = provisioning::kid(&chosen);
        let encrypted = cx.wait_for(client.provisioner_key(kid))??;
        let key = provisioning::unlock(cx, &encrypted.key, self.password_file())?;
        let request = TokenRequest {
            issuer: &chosen.name,
            kid,
            subject,
            names,
            audience: &purpose.audience(client.url()),
            root,
            lifetime: Lifetime::from_now(cx.now()),
            request_digest: None,
        };
        Ok(Zeroizing::new(request.sign(&key)?))
    }
}

/// What a token says, read but not verified: that is the CA's to do.
pub(super) struct Token {
    text: Zeroizing<String>,
    /// Whom it is about.
    pub(super) subject: String,
    /// The names the certificate may have.
    pub(super) names: Vec<String>,
    /// The CA it is for and the root that CA is known by, when it says both.
    ca: Option<(CaUrl, Fingerprint)>,
    /// Whether an identity provider made it: then it speaks of a person and leaves names to the CA.
    is_of_a_person: bool,
}

impl Token {
    pub(super) fn read(text: Zeroizing<String>) -> anyhow::Result<Self> {
        let token = Unverified::parse(text.trim()).context("error parsing token")?;
        let claims = token.claims();
        let subject = claims.sub.clone().context("error parsing token: it has no subject")?;
        let names = claims.sans.clone().filter(|names| !names.is_empty()).unwrap_or_else(|| vec![subject.clone()]);
        let is_url = |audience: &&String| audience.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http"));
        let ca = match (claims.aud.first().filter(is_url), &claims.sha) {
            (Some(audience), Some(sha)) => {
                let url = audience.parse().context("error parsing token: its audience is not the URL of a CA")?;
                Some((url, sha.parse().context("error parsing token: its root fingerprint is malformed")?))
            }
            _ => None,
        };
        // An issuer of OpenID Connect is an https URL; a CA's own provisioners say by which root the CA is known.
        let issuer = claims.iss.as_deref().unwrap_or_default();
        let is_of_a_person = issuer.starts_with("https://") && claims.sha.is_none() && claims.sans.is_none();
        Ok(Self { text, subject, names, ca, is_of_a_person })
    }

    /// Whether the token could be about a certificate for this name. What a person may have is for the CA to say.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.is_of_a_person || self.subject.eq_ignore_ascii_case(name)
    }

    /// Whom the certificate is for, and its names, when `subject` and no names were asked for.
    pub(super) fn subject_and_names(&self, subject: &str) -> (String, Vec<String>) {
        match self.is_of_a_person {
            true => (subject.to_owned(), vec![subject.to_owned()]),
            false => (self.subject.clone(), self.names.clone()),
        }
    }

    /// A client of the CA the token is for, else of the one the flags name.
    pub(super) fn client(&self, cx: &mut Context, flags: &CaFlags) -> anyhow::Result<Client> {
        let client = match &self.ca {
            Some((url, root)) => cx
                .wait_for(Client::bootstrap(url.clone(), root))?
                .with_context(|| format!("error downloading the root certificate of {url}"))?,
            None => flags.client(cx)?,
        };
        cx.output.tick("CA", client.url())?;
        Ok(client)
    }

    /// Spends the token on the request; what comes back is certified for exactly this public key, leaf first.
    pub(super) fn spend(
        self,
        cx: &mut Context,
        client: &Client,
        request: &CertificationRequest,
        validity: &ValidityFlags,
    ) -> anyhow::Result<Vec<CertificateDer<'static>>> {
        let (not_before, not_after) = validity.requested(cx);
        let sign = SignRequest {
            csr: request.pem(),
            ott: self.text.trim().to_owned(),
            not_before,
            not_after,
            template_data: None,
        };
        let answer = cx.wait_for(client.sign(&sign))??;
        let chain = client::chain(&answer)?;
        let leaf = chain.first().context("the CA sent no certificate")?;
        let leaf = authority::Certificate::from_der(leaf).context("error parsing the new certificate")?;
        if leaf.public_key() != request.public_key().info() {
            anyhow::bail!("the CA sent a certificate for another key");
        }
        Ok(chain)
    }
}

/// The name as certificates have it: international domain names in their ASCII form (RFC 5890 §2.3.2.1).
pub(super) fn ascii_name(name: &str) -> String {
    let is_host = !name.is_ascii() && !name.contains(['@', '/', ':', ' ']);
    let host = is_host.then(|| reqwest::Url::parse(&format!("https://{name}")).ok()).flatten();
    host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use jose::{Jwk, jws};

    use super::*;

    #[test]
    fn an_international_name_is_asked_for_in_ascii() {
        assert_eq!(ascii_name("bücher.example"), "xn--bcher-kva.example");
        for name in ["a.example.com", "10.0.0.1", "me@bücher.example", "Jürgen Müller", "spiffe://ü/x"] {
            assert_eq!(ascii_name(name), name);
        }
    }

    #[test]
    fn a_token_names_its_ca_only_with_both_url_and_fingerprint() {
        let sha = "ab".repeat(32);
        assert!(
            read(&format!(r#"{{"sub":"a","aud":"HTTPS://ca/1.0/sign","sha":"{sha}"}}"#)).expect("read").ca.is_some()
        );
        assert!(read(r#"{"sub":"a","aud":"https://ca/1.0/sign"}"#).expect("read").ca.is_none());
        let legacy = format!(r#"{{"sub":"a","aud":"step-certificate-authority","sha":"{sha}"}}"#);
        assert!(read(&legacy).expect("read").ca.is_none());
    }

    #[test]
    fn a_token_that_is_about_to_lead_astray_is_refused() {
        assert!(read(r#"{"sub":"a","aud":"http://ca/1.0/sign","sha":"abab"}"#).is_err());
        assert!(read(r#"{"sub":"a","aud":"https://ca/1.0/sign","sha":"abab"}"#).is_err());
        assert!(read(r#"{"aud":"https://ca/1.0/sign"}"#).is_err());
        assert!(Token::read(Zeroizing::new("not a token".into())).is_err());
    }

    #[test]
    fn without_names_the_subject_is_the_name() {
        assert_eq!(read(r#"{"sub":"a"}"#).expect("read").names, ["a"]);
        assert_eq!(read(r#"{"sub":"a","sans":[]}"#).expect("read").names, ["a"]);
        assert_eq!(read(r#"{"sub":"a","sans":["b","c"]}"#).expect("read").names, ["b", "c"]);
    }

    #[test]
    fn a_token_of_an_identity_provider_is_about_a_person_and_not_about_names() {
        let person = read(r#"{"iss":"https://idp.example.com","sub":"42","aud":"step"}"#).expect("read");
        assert!(person.is_about("a.example.com"));
        assert_eq!(person.subject_and_names("a"), ("a".to_owned(), vec!["a".to_owned()]));
        let sha = "ab".repeat(32);
        for claims in [
            r#"{"iss":"me@example.com","sub":"b"}"#.to_owned(),
            format!(r#"{{"iss":"https://idp.example.com","sub":"b","aud":"https://ca/1.0/sign","sha":"{sha}"}}"#),
            r#"{"iss":"https://idp.example.com","sub":"b","sans":["b"]}"#.to_owned(),
        ] {
            let token = read(&claims).expect("read");
            assert!(token.is_about("B") && !token.is_about("a"), "{claims}");
            assert_eq!(token.subject_and_names("a"), ("b".to_owned(), vec!["b".to_owned()]), "{claims}");
        }
    }

    fn read(claims: &str) -> anyhow::Result<Token> {
        let key = Jwk::generate_ec_p256().expect("a key");
        let text = jws::sign(&jws::ProtectedHeader::jwt("k"), claims, &key).expect("signed");
        Token::read(Zeroizing::new(text))
    }
}
