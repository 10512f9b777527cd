//! `step ca token`

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context as _, bail};
use api_types::Provisioner;
use authority::SerialNumber;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use certs::TimeFlag;
use clap::Args;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    flags::CaFlags,
    issue::{ProvisionerFlags, ascii_name},
};
use crate::{
    answer::{Saved, Text},
    context::Context,
    error::{CommandError, ExitStatus},
    files::{self, Destination},
    provisioning::{self, Lifetime, Purpose, TokenRequest},
};

/// Make a one-time token that authorizes a certificate for a name
///
/// The token is signed with the key of a provisioner, which the CA hands out encrypted: whoever knows its password can
/// make tokens. `step ca certificate --token` or a program elsewhere then spends it. A provisioner of type OIDC has no
/// key: its identity provider makes the token, after the person has signed in there with their browser.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca token a.example.com
  step ca token a.example.com --san a.internal --san 10.0.0.1 --not-after 8h
  step ca token a.example.com --cnf-file a.csr
  step ca token ada.people.example.com --provisioner people
  step ca token a.example.com --offline --ca-config ca.json --password-file password
  step ca token --revoke 308893286343609293989051180431574390766")]
pub(crate) struct Token {
    /// The name the certificate is for; with --revoke the serial number of a certificate
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// A name the certificate may have, in place of the subject; can be given more than once
    #[arg(long = "san", value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    ca: CaFlags,
    #[command(flatten)]
    provisioner: ProvisionerFlags,
    /// File with the private key of the provisioner: a JWK, encrypted or not, or PEM
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Start of the token's life: a time (RFC 3339), or a duration from now
    #[arg(long, value_name = "TIME|DURATION")]
    not_before: Option<TimeFlag>,
    /// End of the token's life: a time (RFC 3339), or a duration from now; 5 minutes after its start if left out
    #[arg(long, value_name = "TIME|DURATION")]
    not_after: Option<TimeFlag>,
    /// Bind the token to the certificate request with this SHA-256, in base64url or hexadecimal
    #[arg(long, value_name = "DIGEST")]
    cnf: Option<RequestDigest>,
    /// Bind the token to the certificate request in this file
    #[arg(long, value_name = "FILE")]
    cnf_file: Option<PathBuf>,
    /// Make a token that revokes the certificate with the serial number SUBJECT
    #[arg(long, conflicts_with_all = ["renew", "rekey"])]
    revoke: bool,
    /// Make a token that renews a certificate, at a CA that takes such tokens
    #[arg(long, conflicts_with = "rekey")]
    renew: bool,
    /// Make a token that gets a certificate for another key, at a CA that takes such tokens
    #[arg(long)]
    rekey: bool,
    /// Ask no CA: the provisioner is in --ca-config, or its key in --key
    #[arg(long)]
    offline: bool,
    /// Configuration of the CA, for --offline
    #[arg(long, value_name = "FILE")]
    ca_config: Option<PathBuf>,
    /// File for the token; standard output if left out
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Overwrite the file without asking
    #[arg(long, short)]
    force: bool,
}

/// Who makes the token.
enum Maker {
    /// Whoever has a key.
    Signatory(Box<Signatory>),
    /// The identity provider of a provisioner.
    Identity(Box<Provisioner>),
}

/// A key and what its tokens say about it.
struct Signatory {
    issuer: String,
    kid: String,
    key: jose::Jwk,
}

impl Token {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        if self.subject.is_empty() {
            bail!("subject cannot be empty");
        }
        let lifetime = Lifetime::new(self.not_before, self.not_after, cx.now())?;
        let destination = match &self.output_file {
            Some(file) => Some(Destination::claim(cx, file, self.force)?),
            None => None,
        };
        let url = self.ca.url(cx)?;
        let root = self.ca.root_fingerprint(cx)?;
        let request_digest = self.request_digest()?;
        let signatory = match self.maker(cx)? {
            Maker::Signatory(signatory) => signatory,
            Maker::Identity(provisioner) => {
                self.refuse_what_an_identity_does_not_say()?;
                let token = provisioning::identity_token(cx, &provisioner, &self.ca.roots(cx)?)?;
                return deliver(cx, destination.as_ref(), &token);
            }
        };

        let subject = match self.purpose() {
            // The CA compares it, letter for letter, with the number in decimal.
            Purpose::Revoke => self.subject.parse::<SerialNumber>()?.to_string(),
            _ => ascii_name(&self.subject),
        };
        let names: Vec<_> = self.names.iter().map(|name| ascii_name(name)).collect();
        let names = if names.is_empty() { vec![subject.clone()] } else { names };
        let purpose = self.purpose();
        let audience = purpose.audience(&url);
        let request = TokenRequest {
            issuer: &signatory.issuer,
            kid: &signatory.kid,
            subject: &subject,
            names: (purpose != Purpose::Revoke).then_some(names.as_slice()),
            audience: &audience,
            root,
            lifetime,
            request_digest,
        };
        deliver(cx, destination.as_ref(), &Zeroizing::new(request.sign(&signatory.key)?))
    }

    /// What a token says of a person is not for the person to choose.
    fn refuse_what_an_identity_does_not_say(&self) -> Result<(), CommandError> {
        let given = [
            ("san", !self.names.is_empty()),
            ("not-before", self.not_before.is_some()),
            ("not-after", self.not_after.is_some()),
            ("cnf", self.cnf.is_some()),
            ("cnf-file", self.cnf_file.is_some()),
        ];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(CommandError::Incompatible { flag, with: "a provisioner of type OIDC" }),
            None => Ok(()),
        }
    }

    /// SHA-256 of the one request the token is good for.
    fn request_digest(&self) -> anyhow::Result<Option<[u8; 32]>> {
        match (&self.cnf, &self.cnf_file) {
            (Some(_), Some(_)) => Err(CommandError::MutuallyExclusive { first: "cnf", second: "cnf-file" }.into()),
            (Some(RequestDigest(octets)), None) => Ok(Some(*octets)),
            (None, Some(file)) => digest_of(file).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn purpose(&self) -> Purpose {
        match (self.revoke, self.renew, self.rekey) {
            (true, ..) => Purpose::Revoke,
            (_, true, _) => Purpose::Renew,
            (.., true) => Purpose::Rekey,
            _ => Purpose::Sign,
        }
    }

    fn maker(&self, cx: &mut Context) -> anyhow::Result<Maker> {
        match &self.key {
            Some(file) if self.offline => Ok(Maker::Signatory(Box::new(self.holder_of(cx, file)?))),
            _ => self.provisioner(cx),
        }
    }

    /// Somebody who has the key and says which provisioner it belongs to.
    fn holder_of(&self, cx: &mut Context, file: &Path) -> anyhow::Result<Signatory> {
        let needs = |required| CommandError::FlagRequiresFlag { flag: "offline", required };
        let issuer = self.provisioner.provisioner.clone().ok_or_else(|| needs("issuer"))?;
        let key = provisioning::from_file(cx, file, self.provisioner.password_file())?;
        let kid =
            self.provisioner.kid.clone().or_else(|| key.kid().map(str::to_owned)).unwrap_or_else(|| key.thumbprint());
        Ok(Signatory { issuer, kid, key })
    }

    /// A provisioner the CA knows.
    fn provisioner(&self, cx: &mut Context) -> anyhow::Result<Maker> {
        let (kid, name) = (self.provisioner.kid.as_deref(), self.provisioner.provisioner.as_deref());
        let password_file = self.provisioner.password_file();
        let chosen;
        let key = if self.offline {
            chosen = provisioning::choose(cx, self.configured(cx)?, kid, name)?;
            provisioning::unlock(cx, &chosen.encrypted_key, password_file)?
        } else {
            let client = self.ca.client(cx)?;
            let provisioners = cx.wait_for(client.provisioners())??;
            chosen = provisioning::choose(cx, provisioners, kid, name)?;
            if provisioning::is_openid(&chosen) {
                return Ok(Maker::Identity(Box::new(chosen)));
            }
            match &self.key {
                Some(file) => provisioning::from_file(cx, file, password_file)?,
                None => {
                    let encrypted = cx.wait_for(client.provisioner_key(provisioning::kid(&chosen)))??;
                    provisioning::unlock(cx, &encrypted.key, password_file)?
                }
            }
        };
        let kid = provisioning::kid(&chosen).to_owned();
        Ok(Maker::Signatory(Box::new(Signatory { kid, issuer: chosen.name, key })))
    }

    /// The provisioners in the CA's configuration that have their encrypted key there.
    fn configured(&self, cx: &Context) -> anyhow::Result<Vec<Provisioner>> {
        #[derive(Deserialize)]
        struct File {
            authority: Authority,
        }
        #[derive(Deserialize)]
        struct Authority {
            provisioners: Vec<Provisioner>,
        }

        let default = cx.step_path().ca_json();
        let path = match &self.ca_config {
            Some(path) => path.clone(),
            None if default.is_file() => default,
            None => return Err(CommandError::FlagRequiresFlag { flag: "offline", required: "key" }.into()),
        };
        let bytes = files::read(&path)?;
        let file: File = serde_json::from_slice(&bytes).with_context(|| format!("error parsing {}", path.display()))?;
        let mut provisioners = file.authority.provisioners;
        provisioners.retain(|provisioner| !provisioner.encrypted_key.is_empty());
        Ok(provisioners)
    }
}

/// To the file, else as the answer.
fn deliver(cx: &mut Context, destination: Option<&Destination>, token: &str) -> anyhow::Result<ExitStatus> {
    match destination {
        Some(destination) => {
            destination.write(token.as_bytes())?;
            cx.output.give(&Saved::quietly("file", destination.path()))?;
        }
        None => cx.output.give(&Text::line("token", token))?,
    }
    Ok(ExitStatus::Success)
}

/// SHA-256 of a certification request: base64url without padding, as tokens carry it, or 64 hexadecimal digits.
#[derive(Clone)]
struct RequestDigest([u8; 32]);

impl FromStr for RequestDigest {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The two forms have different lengths, so that no text could be meant as either.
        let octets = if text.len() == 64 { hex::decode(text).ok() } else { BASE64_URL_SAFE_NO_PAD.decode(text).ok() };
        let octets = octets.and_then(|octets| octets.try_into().ok());
        octets.map(Self).ok_or("a SHA-256 has 43 characters in base64url and 64 in hexadecimal")
    }
}

/// SHA-256 of the certification request in the file.
fn digest_of(path: &Path) -> anyhow::Result<[u8; 32]> {
    let bytes = files::read(path)?;
    let text = std::str::from_utf8(&bytes).with_context(|| format!("error parsing {}", path.display()))?;
    let request = authority::CertificationRequest::from_pem(text);
    Ok(request.with_context(|| format!("error parsing {}", path.display()))?.sha256())
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use jose::{Jwk, jwe, jws::Unverified};
    use serde_json::json;

    use crate::testing::{User, root_certificate};

    fn user() -> User {
        let user = User::new();
        user.write("step/certs/root_ca.crt", root_certificate());
        user.write("step/config/defaults.json", r#"{"ca-url": "https://ca.example.com:9000"}"#);
        user.write("password", "secret\n");
        user
    }

    #[test]
    fn with_the_key_at_hand_no_ca_is_asked() {
        let user = user();
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", jwe::encrypt_jwk(&key, b"secret", 1_000).expect("encrypted"));
        let flags = "--offline --issuer me --key {}/key.json --password-file {}/password";
        let token = user.step(&format!("ca token a.example.com --san b.example.com --san 10.0.0.1 {flags}")).answer();
        let token = Unverified::parse(token.trim_end()).expect("a token");
        jose::jws::verify(&token, &key.public()).expect("signed with the key");
        assert_eq!(token.header().kid(), key.kid());
        let claims = token.claims();
        assert_eq!(claims.iss.as_deref(), Some("me"));
        assert_eq!(claims.aud, ["https://ca.example.com:9000/1.0/sign"]);
        assert_eq!(claims.sans.as_deref(), Some(["b.example.com".to_owned(), "10.0.0.1".to_owned()].as_slice()));
    }

    #[test]
    fn a_token_is_for_one_purpose() {
        let user = user();
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", key.to_private_json().expect("private").as_bytes());
        let make = |line: &str| user.step(&format!("ca token {line} --offline --issuer me --key {{}}/key.json"));
        for (line, subject, route, has_names) in [
            ("a", "a", "sign", true),
            ("a --renew", "a", "renew", true),
            ("a --rekey", "a", "rekey", true),
            ("255 --revoke", "255", "revoke", false),
            ("0xff --revoke", "255", "revoke", false),
        ] {
            let token = make(line).answer();
            let token = Unverified::parse(token.trim_end()).expect("a token");
            assert_eq!(token.claims().sub.as_deref(), Some(subject), "{line}");
            assert_eq!(token.claims().aud, [format!("https://ca.example.com:9000/1.0/{route}")], "{line}");
            assert_eq!(token.claims().sans.is_some(), has_names, "{line}");
        }
        assert!(make("a --revoke").error().contains("a serial number is a decimal number"));
        assert!(!make("1 --revoke --renew").error().is_empty());
    }

    #[test]
    fn a_token_is_bound_to_one_request() {
        let user = user();
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", key.to_private_json().expect("private").as_bytes());
        let make = |flags: &str| user.step(&format!("ca token a --offline --issuer me --key {{}}/key.json {flags}"));
        let payload = |token: String| {
            let payload = token.split('.').nth(1).map(|part| BASE64_URL_SAFE_NO_PAD.decode(part));
            serde_json::from_slice::<serde_json::Value>(&payload.expect("a payload").expect("base64")).expect("JSON")
        };
        assert!(payload(make("").answer()).get("cnf").is_none());

        let request_key = authority::keys::PrivateKey::generate(authority::keys::KeySpec::EcP256).expect("a key");
        let names = authority::SubjectAltNames::default();
        let request = authority::pki::create_csr(&request_key, "a", &names).expect("a request");
        user.write("a.csr", request.pem());
        let digest = BASE64_URL_SAFE_NO_PAD.encode(request.sha256());
        let hexadecimal = hex::encode(request.sha256());
        for flags in ["--cnf-file {}/a.csr", &format!("--cnf {digest}"), &format!("--cnf {hexadecimal}")] {
            assert_eq!(payload(make(flags).answer())["cnf"], json!({"x5rt#S256": digest}), "{flags}");
        }
        for wrong in ["abc", &digest[1..], &hexadecimal[1..], &format!("{hexadecimal}00")] {
            assert_eq!(make(&format!("--cnf {wrong}")).error(), format!("invalid value '{wrong}' for flag '--cnf'\n"));
        }
        let error = make(&format!("--cnf {digest} --cnf-file {{}}/a.csr")).error();
        assert_eq!(error, "flag '--cnf' and flag '--cnf-file' are mutually exclusive\n");
    }

    #[test]
    fn the_configuration_of_the_ca_has_keys_too() {
        let user = user();
        let provisioner = |name: &str, key: &Jwk| {
            json!({
                "name": name, "type": "jwk", "key": key.public(),
                "encryptedKey": jwe::encrypt_jwk(key, b"secret", 1_000).expect("encrypted"),
            })
        };
        let (one, two) = (Jwk::generate_ec_p256().expect("a key"), Jwk::generate_ec_p256().expect("a key"));
        let config = json!({"authority": {"provisioners": [provisioner("one", &one), provisioner("two", &two)]}});
        user.write("step/config/ca.json", config.to_string());

        let outcome = user.step("ca token a --offline --issuer two --password-file {}/password");
        let kid = two.kid().expect("it has one");
        assert_eq!(outcome.talk, format!("✔ Key ID: {kid} (two)\n"));
        assert!(Unverified::parse(outcome.answer().trim_end()).is_ok());

        let error = user.step("ca token a --offline --password-file {}/password").error();
        assert!(error.starts_with("several provisioners could sign the token"), "{error}");
        assert!(error.contains(&format!("(one), {kid} (two)\n")), "{error}");
        assert!(error.ends_with("\n\nhint: choose one with `--kid <kid>` or `--provisioner <name>`\n"), "{error}");

        let user = user.with_answers(&["(one)"]);
        assert!(user.step("ca token a --offline --password-file {}/password").answer().starts_with("ey"));
        assert_eq!(user.step("ca token a --offline --kid x").error(), "invalid value 'x' for flag '--kid'\n");
        assert_eq!(user.step("ca token a --offline --issuer x").error(), "invalid value 'x' for flag '--issuer'\n");
    }

    #[test]
    fn a_wrong_password_is_asked_for_three_times() {
        let user = user().with_answers(&["wrong", "wronger", "secret"]);
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", jwe::encrypt_jwk(&key, b"secret", 1_000).expect("encrypted"));
        let line = "ca token a --offline --issuer me --key {}/key.json";
        assert!(user.step(line).answer().starts_with("ey"));
        let user = user.with_answers(&["wrong", "wronger", "wrongest", "secret"]);
        assert_eq!(user.step(line).error(), "failed to decrypt JWK: invalid password\n");
    }

    #[test]
    fn a_token_for_a_file_is_private_and_not_shown() {
        use std::os::unix::fs::PermissionsExt as _;

        let user = user();
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", key.to_private_json().expect("private").as_bytes());
        let outcome = user.step("ca token a --offline --issuer me --key {}/key.json --output-file {}/token");
        assert_eq!(outcome.answer(), "");
        let token = user.read("token");
        assert!(token.starts_with("ey") && !token.ends_with('\n'));
        let mode = std::fs::metadata(user.path("token")).expect("written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_offline_needs_is_named() {
        let user = user();
        let error = user.step("ca token a --offline").error();
        assert_eq!(error, "flag '--offline' requires the '--key' flag\n");
        let error = user.step("ca token a --offline --key {}/key.json").error();
        assert_eq!(error, "flag '--offline' requires the '--issuer' flag\n");
    }

    #[test]
    fn a_life_no_ca_would_accept_is_refused_at_once() {
        let error = user().step("ca token a --not-after 2h").error();
        assert!(error.starts_with("requested token validity is too long: "), "{error}");
        let error = user().step("ca token a --not-after tomorrow").error();
        assert_eq!(error, "invalid value 'tomorrow' for flag '--not-after'\n");
    }

    #[test]
    fn the_count_of_arguments_is_checked() {
        let error = user().step("ca token").error();
        assert!(error.starts_with("not enough positional arguments were provided in 'step ca token"), "{error}");
        let error = user().step("ca token a b").error();
        assert!(error.starts_with("too many positional arguments were provided in 'step ca token"), "{error}");
    }
}
