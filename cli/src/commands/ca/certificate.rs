//! `step ca certificate`

use std::path::PathBuf;

use anyhow::bail;
use authority::{SubjectAltNames, keys::PrivateKey, pki};
use clap::Args;
use zeroize::Zeroizing;

use super::{
    flags::{CaFlags, OfflineFlag, TOKEN_OFFLINE, ValidityFlags},
    issue::{ProvisionerFlags, Token, ascii_name},
};
use crate::{
    answer::Saved,
    certificates,
    context::Context,
    error::{CommandError, ExitStatus},
    files::{Destination, is_same_file},
    key_kind::KeyFlags,
};

/// Make a key and get a certificate for it
///
/// Without --token one is made first, as `step ca token` does: it asks which provisioner signs it, if there are
/// several, and for the password of its key. A provisioner of type OIDC has the person sign in with their browser.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca certificate a.example.com a.crt a.key
  step ca certificate a.example.com a.crt a.key --san a.internal --san 10.0.0.1 --not-after 8h
  step ca certificate ada.people.example.com a.crt a.key --provisioner people
  step ca certificate a.example.com a.crt a.key --token $(cat token)")]
pub(crate) struct Certificate {
    /// The name the certificate is for: a host name, an address, an e-mail address
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// File for the certificate and the chain above it
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// File for the private key, which is not encrypted
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// One-time token that authorizes the certificate
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// A name of the certificate, in place of the subject; can be given more than once
    #[arg(long = "san", value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    ca: CaFlags,
    #[command(flatten)]
    provisioner: ProvisionerFlags,
    #[command(flatten)]
    key_kind: KeyFlags,
    #[command(flatten)]
    validity: ValidityFlags,
    #[command(flatten)]
    offline: OfflineFlag,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl Certificate {
    pub(crate) fn run(mut self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.offline.refuse(TOKEN_OFFLINE)?;
        let spec = self.key_kind.spec()?;
        if is_same_file(&self.certificate, &self.key) {
            return Err(CommandError::EqualArguments { first: "CRT-FILE", second: "KEY-FILE" }.into());
        }
        let subject = ascii_name(&self.subject);
        let mut names: Vec<_> = self.names.iter().map(|name| ascii_name(name)).collect();
        let key_file = Destination::claim(cx, &self.key, self.force)?;
        let certificate_file = Destination::claim(cx, &self.certificate, self.force)?;

        let token = match self.token.take() {
            Some(token) => Token::read(Zeroizing::new(token))?,
            None => {
                let names = if names.is_empty() { vec![subject.clone()] } else { names.clone() };
                // A name the CA would refuse is refused before a password is asked for.
                SubjectAltNames::classify(&names)?;
                Token::read(self.provisioner.token_for(cx, &self.ca, &subject, &names)?)?
            }
        };
        if !token.is_about(&subject) {
            bail!("token subject '{}' and hostname '{subject}' do not match", token.subject);
        }
        let (subject, usual) = token.subject_and_names(&subject);
        if names.is_empty() {
            names = usual;
        }

        let key = PrivateKey::generate(spec)?;
        let request = pki::create_csr(&key, common_name(&subject), &SubjectAltNames::classify(&names)?)?;
        let client = token.client(cx, &self.ca)?;
        let chain = token.spend(cx, &client, &request, &self.validity)?;

        // The key first: a certificate without its key is of no use to anybody.
        key_file.write(key.to_pem()?.as_bytes())?;
        certificate_file.write(certificates::to_pem(&chain).as_bytes())?;
        let saved = Saved::ticked("certificate", "Certificate", certificate_file.path());
        let saved = saved.and_ticked("key", "Private Key", key_file.path());
        cx.output.give(&saved.certified(&certificates::leaf(&chain)?))?;
        Ok(ExitStatus::Success)
    }
}

/// The subject as a common name, which has at most 64 characters (RFC 5280 appendix A.1): a longer one is left to the
/// alternative names.
fn common_name(subject: &str) -> &str {
    if subject.chars().count() <= 64 { subject } else { "" }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn without_a_token_the_ca_must_be_known() {
        let error = User::new().step("ca certificate a {}/a.crt {}/a.key").error();
        assert_eq!(error, "flag '--ca-url' is required unless the '--token' flag is provided\n");
    }

    #[test]
    fn a_token_for_another_name_is_not_spent() {
        let key = jose::Jwk::generate_ec_p256().expect("a key");
        let header = jose::jws::ProtectedHeader::jwt("k");
        let token = jose::jws::sign(&header, r#"{"sub":"a.example.com"}"#, &key).expect("signed");
        let error = User::new().step(&format!("ca certificate b {{}}/a.crt {{}}/a.key --token {token}")).error();
        assert_eq!(error, "token subject 'a.example.com' and hostname 'b' do not match\n");
    }

    #[test]
    fn nothing_is_signed_behind_the_back_of_the_ca() {
        let user = User::new();
        let (certificate, key) = crate::testing::leaf_certificate(-60, 3_600);
        user.write("a.crt", certificate);
        user.write("a.key", key);
        let commands = [
            ("certificate a {}/new.crt {}/new.key", "`step ca token --offline`"),
            ("sign {}/a.csr {}/new.crt", "`step ca token --offline`"),
            ("renew {}/a.crt {}/a.key --out {}/new.crt", "leave the flag out"),
            ("rekey {}/a.crt {}/a.key --out-cert {}/new.crt --out-key {}/new.key", "leave the flag out"),
            ("revoke 7", "`step ca token --revoke --offline`"),
        ];
        for (command, instead) in commands {
            let error = user.step(&format!("ca {command} --offline")).error();
            assert!(error.starts_with("flag '--offline' is not supported: "), "{command}: {error}");
            assert!(error.contains(instead), "{command}: {error}");
            assert!(!user.path("new.crt").exists() && !user.path("new.key").exists(), "{command}");
        }
    }

    #[test]
    fn a_key_is_not_overwritten_unasked() {
        let user = User::new();
        user.write("a.key", "precious");
        let error = user.step("ca certificate a {}/a.crt {}/a.key").error();
        assert_eq!(error, "{}/a.key exists already\n\nhint: overwrite it with `--force`\n");
        assert_eq!(user.read("a.key"), "precious");
    }

    #[test]
    fn a_kind_of_key_nobody_knows_is_refused_with_the_list() {
        let error = User::new().step("ca certificate a b c --kty DSA").error();
        assert_eq!(error, "invalid value 'DSA' for flag '--kty'; options are EC, OKP, RSA\n");
    }
}
