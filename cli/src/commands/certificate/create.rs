//! `step certificate create`

use std::path::PathBuf;

use authority::{Certificate, SubjectAltNames, keys::PrivateKey, pki};
use clap::{Args, ValueEnum};

use super::local::{CA_LIFETIME, IssuedProfile, LEAF_LIFETIME, LocalCa, ValidityFlags};
use crate::{
    answer::Saved,
    context::Context,
    error::{CommandError, ExitStatus},
    files::{Destination, is_same_file},
    key_file,
    key_kind::KeyFlags,
    protection::{NewKeyFlags, Protection},
};

/// Make a key, and a certificate or a certificate request for it
///
/// The certificate is signed by the CA in --ca and --ca-key, or by its own key for the profiles root-ca and
/// self-signed. No authority is asked; for that see `step ca certificate`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate create \"My Root\" root.crt root.key --profile root-ca
  step certificate create \"My CA\" ca.crt ca.key --profile intermediate-ca --ca root.crt --ca-key root.key
  step certificate create a.example.com a.crt a.key --ca ca.crt --ca-key ca.key --not-after 720h
  step certificate create a.example.com a.csr a.key --csr --san a.example.com --san 10.0.0.1")]
pub(crate) struct Create {
    /// Common name of the certificate, and its only name unless --san is given
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// File for the certificate or the request
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// File for the private key
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// Certificate of the CA that signs
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Private key of the CA that signs
    #[arg(long, value_name = "FILE")]
    ca_key: Option<PathBuf>,
    /// File with the password of that key
    #[arg(long, value_name = "FILE")]
    ca_password_file: Option<PathBuf>,
    /// Make a certificate request
    #[arg(long)]
    csr: bool,
    /// What the certificate is for [default: leaf]
    #[arg(long, value_enum)]
    profile: Option<CreatedProfile>,
    /// A name of the certificate: a host, an address, an e-mail address, a URI; can be given more than once
    #[arg(long = "san", value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    kind: KeyFlags,
    #[command(flatten)]
    validity: ValidityFlags,
    /// Write the certificates of the CA after the new one
    #[arg(long)]
    bundle: bool,
    #[command(flatten)]
    protection: NewKeyFlags,
    /// Accepted for scripts
    #[arg(long, hide = true)]
    subtle: bool,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum CreatedProfile {
    /// A host or a person, under a CA
    Leaf,
    /// A CA under a root, with no further CA below it
    IntermediateCa,
    /// The CA everything hangs from
    RootCa,
    /// A host that vouches for itself
    SelfSigned,
}

/// What will be signed, by whom.
enum Plan {
    Request,
    Issued(IssuedProfile, LocalCa),
    Root,
    SelfSigned,
}

impl Create {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let spec = self.kind.spec()?;
        self.protection.check()?;
        if is_same_file(&self.certificate, &self.key) {
            return Err(CommandError::EqualArguments { first: "CRT-FILE", second: "KEY-FILE" }.into());
        }
        let plan = self.plan(cx)?;
        let names = self.names(&plan)?;
        let certificate_file = Destination::claim(cx, &self.certificate, self.force)?;
        let key_file = Destination::claim(cx, &self.key, self.force)?;
        let protection = self.protection.protection(cx, "Please enter the password to encrypt the private key")?;

        let key = PrivateKey::generate(spec)?;
        let is_request = matches!(plan, Plan::Request);
        let made = self.make(cx, plan, &key, &names)?;
        let pem = match protection {
            Protection::Password(password) => key.to_encrypted_pem(&password)?,
            Protection::None => key.to_pem()?,
        };
        // A certificate without its key is nothing; a key without its certificate is a key.
        key_file.write(pem.as_bytes())?;
        certificate_file.write(made.as_bytes())?;
        let (name, sentence) = match is_request {
            true => ("request", "Your certificate signing request has been saved in"),
            false => ("certificate", "Your certificate has been saved in"),
        };
        let saved = Saved::file(name, sentence, &self.certificate);
        let saved = saved.and("key", "Your private key has been saved in", &self.key);
        cx.output.give(&if is_request { saved } else { saved.certified(&Certificate::from_pem(&made)?) })?;
        Ok(ExitStatus::Success)
    }

    fn plan(&self, cx: &mut Context) -> anyhow::Result<Plan> {
        let incompatible = |flag, with| Err(CommandError::Incompatible { flag, with }.into());
        let (profile, name) = match (self.csr, self.profile.unwrap_or(CreatedProfile::Leaf)) {
            (true, _) if self.profile.is_some() => return incompatible("csr", "--profile"),
            (true, _) if self.ca.is_some() || self.ca_key.is_some() => return incompatible("csr", "--ca and --ca-key"),
            (true, _) => return Ok(Plan::Request),
            (false, CreatedProfile::RootCa | CreatedProfile::SelfSigned)
                if self.ca.is_some() || self.ca_key.is_some() =>
            {
                return incompatible("ca", "--profile root-ca and --profile self-signed");
            }
            (false, CreatedProfile::RootCa) => return Ok(Plan::Root),
            (false, CreatedProfile::SelfSigned) => return Ok(Plan::SelfSigned),
            (false, CreatedProfile::Leaf) => (IssuedProfile::Leaf, "leaf"),
            (false, CreatedProfile::IntermediateCa) => (IssuedProfile::IntermediateCa, "intermediate-ca"),
        };
        let requires = |required| CommandError::ValueRequiresFlag { flag: "profile", value: name, required };
        let ca = self.ca.as_deref().ok_or_else(|| requires("ca"))?;
        let ca_key = self.ca_key.as_deref().ok_or_else(|| requires("ca-key"))?;
        let password = key_file::Password { flag: "--ca-password-file", file: self.ca_password_file.as_deref() };
        Ok(Plan::Issued(profile, LocalCa::read(cx, ca, ca_key, password)?))
    }

    /// Those asked for, else the subject; none for a CA, which is known by its subject.
    fn names(&self, plan: &Plan) -> anyhow::Result<SubjectAltNames> {
        if matches!(plan, Plan::Root | Plan::Issued(IssuedProfile::IntermediateCa, _)) {
            if !self.names.is_empty() {
                return Err(CommandError::Incompatible { flag: "san", with: "--profile of a CA" }.into());
            }
            return Ok(SubjectAltNames::default());
        }
        let names = if self.names.is_empty() { std::slice::from_ref(&self.subject) } else { &self.names };
        SubjectAltNames::classify(names).map_err(|error| {
            let error = anyhow::Error::new(error);
            if self.names.is_empty() { error.context("the subject is no name, and there is no --san") } else { error }
        })
    }

    /// The certificate or the request, in PEM.
    fn make(&self, cx: &mut Context, plan: Plan, key: &PrivateKey, names: &SubjectAltNames) -> anyhow::Result<String> {
        let now = cx.now();
        let request = || pki::create_csr(key, self.common_name(), names);
        let made = match plan {
            Plan::Request => return Ok(request()?.pem()),
            Plan::Root => pki::self_sign_root(&self.subject, key, self.validity.validity(now, CA_LIFETIME))?.pem(),
            Plan::SelfSigned => {
                pki::self_sign_leaf(&request()?, key, self.validity.validity(now, LEAF_LIFETIME))?.pem()
            }
            Plan::Issued(profile, ca) => {
                let chain = ca.sign(cx, profile, &request()?, self.validity.validity(now, profile.lifetime()))?;
                let count = if self.bundle { chain.len() } else { 1 };
                chain.iter().take(count).map(Certificate::pem).collect()
            }
        };
        Ok(made)
    }

    /// A name too long for a common name stands among the names alone (RFC 5280 A.1, ub-common-name).
    fn common_name(&self) -> &str {
        if self.names.is_empty() && self.subject.chars().count() > 64 { "" } else { &self.subject }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use authority::keys::KeySpec;

    use super::*;
    use crate::testing::{Outcome, User};

    const CLEAR: &str = "--no-password --insecure";

    fn certificate(user: &User, name: &str) -> Certificate {
        Certificate::from_pem(&user.read(name)).expect(name)
    }

    fn create(user: &User, line: &str) -> Outcome {
        user.step(&format!("certificate create {line} {CLEAR}"))
    }

    /// A user with a root, an intermediate and a leaf of `a.example.com`.
    fn user() -> User {
        let user = User::new();
        create(&user, "Root {}/root.crt {}/root.key --profile root-ca").answer();
        let ca = "--profile intermediate-ca --ca {}/root.crt --ca-key {}/root.key";
        create(&user, &format!("Intermediate {{}}/ca.crt {{}}/ca.key {ca} --kty RSA")).answer();
        create(&user, "a.example.com {}/a.crt {}/a.key --bundle --ca {}/ca.crt --ca-key {}/ca.key").answer();
        user
    }

    #[test]
    fn every_profile_is_what_its_name_says() {
        let user = user();
        let (root, ca, leaf) =
            (certificate(&user, "root.crt"), certificate(&user, "ca.crt"), certificate(&user, "a.crt"));
        let seconds = |certificate: &Certificate| certificate.validity().duration().map(|span| span.as_secs());
        assert_eq!((root.is_ca(), root.path_len(), seconds(&root)), (true, Some(1), Some(87_600 * 3600)));
        assert_eq!((ca.is_ca(), ca.path_len(), ca.subject().common_name()), (true, Some(0), Some("Intermediate")));
        assert_eq!(
            (leaf.is_ca(), leaf.subject().common_name(), seconds(&leaf)),
            (false, Some("a.example.com"), Some(86_400))
        );
        assert_eq!(leaf.subject_alt_names().expect("readable").dns_names().len(), 1);
        assert_eq!(user.read("a.crt").matches("BEGIN CERTIFICATE").count(), 2, "the leaf and its issuer");
        let outcome = create(&user, "b {}/b.crt {}/b.key --profile self-signed");
        assert_eq!(
            outcome.talk,
            "Your certificate has been saved in {}/b.crt.\nYour private key has been saved in {}/b.key.\n"
        );
        let own = certificate(&user, "b.crt");
        assert!(!own.is_ca() && own.is_self_issued());
        assert_eq!(own.verify_signature(own.public_key()), Ok(()));
    }

    #[test]
    fn openssl_verifies_the_whole_chain() {
        let user = user();
        let file = |name: &str| user.path(name).display().to_string();
        let arguments = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "a.example.com"];
        let Ok(output) = Command::new("openssl")
            .args(arguments)
            .args(["-CAfile", &file("root.crt"), "-untrusted", &file("ca.crt"), &file("a.crt")])
            .output()
        else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn a_request_has_the_names_asked_for_and_its_key_the_kind_asked_for() {
        let user = User::new();
        let line = "a {}/a.csr {}/a.key --csr --san b.example.com --san 10.0.0.1 --curve P-384";
        let outcome = create(&user, line);
        assert!(
            outcome.talk.starts_with("Your certificate signing request has been saved in {}/a.csr.\n"),
            "{outcome:?}"
        );
        let request = authority::CertificationRequest::from_pem(&user.read("a.csr")).expect("a request");
        assert_eq!(request.common_name(), Some("a"));
        assert_eq!(request.subject_alt_names().iter().collect::<Vec<_>>(), ["b.example.com", "10.0.0.1"]);
        let key = PrivateKey::from_pem(&user.read("a.key"), None).expect("a key");
        assert_eq!(key.spec(), KeySpec::EcP384);
    }

    #[test]
    fn the_key_is_encrypted_unless_two_flags_say_otherwise() {
        let user = User::new();
        user.write("password", "secret");
        let line = "certificate create a {}/a.crt {}/a.key --profile self-signed";
        user.step(&format!("{line} --password-file {{}}/password")).answer();
        assert!(PrivateKey::from_pem(&user.read("a.key"), Some(b"secret")).is_ok());
        let error = user.step(&format!("{line} -f --no-password")).error();
        assert_eq!(error, "flag '--no-password' requires the '--insecure' flag\n");
        let error = user.step(&format!("{line} -f")).error();
        assert!(error.ends_with("hint: answer it with `--password-file`\n"), "{error}");
    }

    #[test]
    fn the_validity_is_what_the_flags_say_and_ends_with_the_issuer() {
        let user = user();
        let line = "--ca {}/ca.crt --ca-key {}/ca.key -f";
        create(&user, &format!("a {{}}/b.crt {{}}/b.key {line} --not-before -2h --not-after 2h")).answer();
        let leaf = certificate(&user, "b.crt");
        assert_eq!(leaf.validity().duration().map(|span| span.as_secs()), Some(4 * 3600));
        let outcome = create(&user, &format!("a {{}}/b.crt {{}}/b.key {line} --not-after 200000h"));
        assert!(outcome.talk.starts_with("notAfter was moved from "), "{outcome:?}");
        assert_eq!(certificate(&user, "b.crt").validity().not_after, certificate(&user, "ca.crt").validity().not_after);
        let error = create(&user, "a {}/c.crt {}/c.key --profile root-ca --not-before 2h --not-after 1h").error();
        assert!(error.starts_with("a certificate cannot be valid from "), "{error}");
        assert!(!user.path("c.key").exists());
    }

    #[test]
    fn flags_that_make_no_sense_together_are_refused_before_anything_is_written() {
        let user = user();
        let ca = "--ca {}/ca.crt --ca-key {}/ca.key";
        let cases = [
            ("", "'--profile leaf' requires the '--ca' flag\n"),
            ("--profile intermediate-ca --ca {}/ca.crt", "'--profile intermediate-ca' requires the '--ca-key' flag\n"),
            ("--csr --profile leaf", "flag '--csr' is incompatible with '--profile'\n"),
            (
                &format!("--profile root-ca {ca}"),
                "flag '--ca' is incompatible with '--profile root-ca and --profile self-signed'\n",
            ),
            ("--profile root-ca --san a", "flag '--san' is incompatible with '--profile of a CA'\n"),
            (&format!("--profile intermediate-ca {ca}"), "CN=Intermediate cannot issue a CA certificate\n"),
            ("--ca {}/root.crt --ca-key {}/ca.key", "the key does not belong to the issuing certificate (CN=Root)\n"),
        ];
        for (flags, expected) in cases {
            assert_eq!(create(&user, &format!("n {{}}/n.crt {{}}/n.key {flags}")).error(), expected, "{flags}");
            assert!(!user.path("n.key").exists() && !user.path("n.crt").exists());
        }
        let error = create(&user, "a_b:c {}/n.crt {}/n.key --csr").error();
        assert!(error.starts_with("the subject is no name, and there is no --san: "), "{error}");
    }
}
