//! `step ca init`

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use authority::{Certificate, SubjectAltNames};
use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value};
use steppath::{AuthorityOptions, ExistingRoot, InitOptions, Initialized, Overwrite, Role};
use zeroize::Zeroizing;

use crate::{
    answer::Answer,
    context::Context,
    error::{CommandError, ExitStatus},
    files::{self, Destination},
    key_file,
    output::Output,
    prompt::{Question, Rule, not_blank},
};

/// Make a new certificate authority: keys, certificates and configuration
///
/// What is not given by a flag is asked for. Everything is written below $STEPPATH, private keys encrypted with the
/// password; `step-ca $STEPPATH/config/ca.json` then runs the authority.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca init
  step ca init --name Example --dns ca.example.com --address :443 --provisioner you@example.com --password-file password.txt")]
pub(crate) struct Init {
    /// Name of the authority: its certificates are called after it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// DNS names and IP addresses the authority is reached by, separated by commas; can be given more than once
    #[arg(long, value_name = "NAMES")]
    dns: Vec<String>,
    /// Address the authority listens at, e.g. :443
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// Name of the first provisioner
    #[arg(long, value_name = "NAME")]
    provisioner: Option<String>,
    /// File with the password of all keys
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// File with the password of the provisioner's key, if it has its own
    #[arg(long, value_name = "FILE")]
    provisioner_password_file: Option<PathBuf>,
    /// Address by which clients reach the authority, if it is not the first DNS name
    #[arg(long, value_name = "URL")]
    with_ca_url: Option<String>,
    /// Make keys and certificates only, no configuration
    #[arg(long)]
    pki: bool,
    /// Root certificate to go on with; needs --key
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// Private key of the root certificate
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// File with the password of that private key
    #[arg(long, value_name = "FILE")]
    key_password_file: Option<PathBuf>,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
    /// Kind of deployment
    #[arg(long, value_name = "TYPE", default_value = "standalone", hide = true)]
    deployment_type: Deployment,
    /// Accepted for scripts; the authority always keeps what it issued
    #[arg(long, hide = true)]
    no_db: bool,
    /// Not supported
    #[arg(long, hide = true)]
    acme: bool,
    /// Not supported
    #[arg(long, hide = true)]
    ssh: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Deployment {
    /// One authority that does everything itself
    Standalone,
}

/// The answers a configuration is made of.
struct Answers {
    dns_names: Vec<String>,
    address: String,
    provisioner: String,
}

impl Init {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.check()?;
        let root = self.existing_root(cx)?;
        let question = "What would you like to name your new PKI? (e.g. Smallstep)";
        let name = answer(cx, self.name.as_deref(), question, "--name", not_blank)?;
        let answers = if self.pki { None } else { Some(self.answers(cx)?) };
        let password = self.password(cx)?;
        let provisioner_password = match &self.provisioner_password_file {
            Some(file) => read_password(file)?,
            None => password.clone(),
        };
        let overwrite = self.overwrite(cx)?;

        let generating = if root.is_some() { "Copying" } else { "Generating" };
        progress(cx, format!("\n{generating} root certificate... \n"))?;
        let made = steppath::init(
            cx.step_path(),
            &InitOptions {
                name: &name,
                key_password: &password,
                root,
                authority: answers.as_ref().map(|answers| AuthorityOptions {
                    dns_names: &answers.dns_names,
                    address: &answers.address,
                    provisioner: &answers.provisioner,
                    provisioner_password: &provisioner_password,
                    ca_url: self.with_ca_url.as_deref(),
                }),
                overwrite,
                now: cx.now(),
            },
        )?;
        progress(cx, "all done!\n\nGenerating intermediate certificate... \nall done!\n")?;
        cx.output.give(&Made { made, has_configuration: !self.pki })?;
        Ok(ExitStatus::Success)
    }

    fn check(&self) -> Result<(), CommandError> {
        let Deployment::Standalone = self.deployment_type;
        let unsupported = |flag, reason| Err(CommandError::Unsupported { flag, reason });
        match (&self.root, &self.key) {
            (Some(_), None) => Err(CommandError::FlagRequiresFlag { flag: "root", required: "key" }),
            (None, Some(_)) => Err(CommandError::FlagRequiresFlag { flag: "key", required: "root" }),
            _ if self.acme => unsupported("acme", "there is no ACME provisioner yet"),
            _ if self.ssh => unsupported("ssh", "there are no SSH certificates yet"),
            _ => Ok(()),
        }
    }

    fn existing_root(&self, cx: &mut Context) -> anyhow::Result<Option<ExistingRoot>> {
        let (Some(root), Some(key)) = (&self.root, &self.key) else { return Ok(None) };
        let bytes = files::read(root)?;
        let certificate = crate::certificates::first(&bytes).map_err(anyhow::Error::new);
        let certificate = certificate.and_then(|der| Ok(Certificate::from_der(&der)?));
        let certificate = certificate.with_context(|| format!("error reading {}", root.display()))?;
        let question = key_file::Password { flag: "--key-password-file", file: self.key_password_file.as_deref() };
        Ok(Some(ExistingRoot { certificate, key: key_file::read(cx, key, question)? }))
    }

    fn answers(&self, cx: &mut Context) -> anyhow::Result<Answers> {
        let given = (!self.dns.is_empty()).then(|| self.dns.join(","));
        let question = "What DNS names or IP addresses would you like to add to your new CA? (e.g. ca.smallstep.com[,1.1.1.1,etc.])";
        let dns = answer(cx, given.as_deref(), question, "--dns", dns_names)?;
        let question = "What address will your new CA listen at? (e.g. :443)";
        let address = answer(cx, self.address.as_deref(), question, "--address", tcp_address)?;
        let question = "What would you like to name the first provisioner for your new CA? (e.g. you@smallstep.com)";
        let provisioner = answer(cx, self.provisioner.as_deref(), question, "--provisioner", not_blank)?;
        Ok(Answers { dns_names: split_names(&dns).map(str::to_owned).collect(), address, provisioner })
    }

    /// The password of the file, the person's own, or a generated one the person has seen.
    fn password(&self, cx: &mut Context) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        if let Some(file) = &self.password_file {
            return read_password(file);
        }
        let flag = "--password-file";
        let label = "What do you want your password to be? [leave empty and we'll generate one]";
        let mut password = cx.ask_password(Question { label, flag })?;
        if password.is_empty() {
            let generated = steppath::random_password()?;
            password = Zeroizing::new(cx.ask(Question { label: "Password", flag }, &generated, not_blank)?);
        }
        Ok(Zeroizing::new(password.as_bytes().to_vec()))
    }

    /// Whether files are there and may go: asked for one by one.
    fn overwrite(&self, cx: &mut Context) -> anyhow::Result<Overwrite> {
        if self.force {
            return Ok(Overwrite::Allow);
        }
        let path = cx.step_path();
        let mut paths =
            vec![path.root_certificate(), path.root_key(), path.intermediate_certificate(), path.intermediate_key()];
        if !self.pki {
            paths.extend([path.ca_json(), path.defaults_json()]);
        }
        let mut overwrite = Overwrite::Refuse;
        for path in paths.iter().filter(|path| path.symlink_metadata().is_ok()) {
            let _ = Destination::claim_in_new_folder(cx, path, false)?;
            overwrite = Overwrite::Allow;
        }
        Ok(overwrite)
    }
}

/// The flag's value, or what the person answers; both by the same rule.
fn answer(
    cx: &mut Context,
    given: Option<&str>,
    label: &str,
    flag: &'static str,
    rule: Rule,
) -> anyhow::Result<String> {
    match given {
        None => Ok(cx.ask(Question { label, flag }, "", rule)?.trim().to_owned()),
        Some(value) => match rule(value) {
            None => Ok(value.trim().to_owned()),
            Some(problem) => {
                let invalid = CommandError::invalid_value(flag.trim_start_matches('-'), value);
                Err(anyhow::Error::msg(problem).context(invalid))
            }
        },
    }
}

fn read_password(file: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let password = files::read_password(file)?;
    if password.is_empty() {
        bail!("the password in {} is empty", file.display());
    }
    Ok(password)
}

/// Names separated by commas or blanks.
fn split_names(names: &str) -> impl Iterator<Item = &str> {
    names.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty())
}

fn dns_names(answer: &str) -> Option<String> {
    let is_name = |name: &&str| {
        SubjectAltNames::classify(&[*name]).is_ok_and(|names| names.dns_names().len() + names.ip_addresses().len() == 1)
    };
    let wrong = split_names(answer).find(|name| !is_name(name));
    not_blank(answer).or_else(|| wrong.map(|name| format!("{name} is not a valid DNS name")))
}

fn tcp_address(answer: &str) -> Option<String> {
    let port = answer.trim().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    not_blank(answer).or_else(|| port.is_none().then(|| format!("{answer} is not an TCP address")))
}

/// What is going on, for people: it takes a second.
fn progress(cx: &mut Context, text: impl AsRef<[u8]>) -> io::Result<()> {
    if cx.output.is_json() { Ok(()) } else { cx.output.answer(text) }
}

/// What there is now.
struct Made {
    made: Initialized,
    has_configuration: bool,
}

impl Serialize for Made {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let files: Map<String, Value> = self
            .made
            .files
            .iter()
            .map(|file| (name(file.role).to_owned(), file.path.to_string_lossy().into()))
            .collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("rootFingerprint", &self.made.root_fingerprint)?;
        if let Some(kid) = &self.made.provisioner_kid {
            map.serialize_entry("provisionerKid", kid)?;
        }
        map.serialize_entry("files", &files)?;
        map.end()
    }
}

/// What a file is, as a member of `files`.
const fn name(role: Role) -> &'static str {
    match role {
        Role::RootCertificate => "rootCertificate",
        Role::RootKey => "rootKey",
        Role::IntermediateCertificate => "intermediateCertificate",
        Role::IntermediateKey => "intermediateKey",
        Role::Defaults => "defaults",
        Role::Configuration => "configuration",
    }
}

impl Answer for Made {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.talk("\n")?;
        for file in &self.made.files {
            output.tick(file.role.label(), file.path.display())?;
            if file.role == Role::RootKey {
                output.tick("Root fingerprint", &self.made.root_fingerprint)?;
            }
        }
        if self.has_configuration {
            output.talk("\nYour PKI is ready to go. To get certificates from it see `step help ca`.\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use authority::keys::{KeySpec, PrivateKey};
    use serde_json::Value;

    use crate::testing::User;

    const FLAGS: &str =
        "--name Example --dns ca.example.com,::1 --dns 10.0.0.1 --address :9000 --provisioner me@example.com";

    #[test]
    fn flags_answer_everything() {
        let user = User::new();
        user.write("password", "secret\n");
        let outcome = user.step(&format!("ca init {FLAGS} --password-file {{}}/password"));
        let ca: Value = serde_json::from_str(&user.read("step/config/ca.json")).expect("JSON");
        let defaults: Value = serde_json::from_str(&user.read("step/config/defaults.json")).expect("JSON");
        let fingerprint = user.step("certificate fingerprint {}/step/certs/root_ca.crt").answer();
        let expected = format!(
            "\n✔ Root certificate: {{}}/step/certs/root_ca.crt\n\
             ✔ Root private key: {{}}/step/secrets/root_ca_key\n\
             ✔ Root fingerprint: {fingerprint}\
             ✔ Intermediate certificate: {{}}/step/certs/intermediate_ca.crt\n\
             ✔ Intermediate private key: {{}}/step/secrets/intermediate_ca_key\n\
             ✔ Default configuration: {{}}/step/config/defaults.json\n\
             ✔ Certificate Authority configuration: {{}}/step/config/ca.json\n\
             \nYour PKI is ready to go. To get certificates from it see `step help ca`.\n"
        );
        assert_eq!(outcome.talk, expected);
        assert_eq!(
            outcome.answer(),
            "\nGenerating root certificate... \nall done!\n\nGenerating intermediate certificate... \nall done!\n"
        );
        assert_eq!(ca["dnsNames"], serde_json::json!(["ca.example.com", "::1", "10.0.0.1"]));
        assert_eq!(defaults["ca-url"], "https://ca.example.com:9000");
        assert_eq!(defaults["fingerprint"], fingerprint.trim_end());
        let key = user.read("step/secrets/intermediate_ca_key");
        assert!(PrivateKey::from_pem(&key, Some(b"secret")).is_ok());
        assert!(PrivateKey::from_pem(&key, Some(b"other")).is_err());
    }

    #[test]
    fn a_person_is_asked_in_order_and_may_leave_the_password_to_us() {
        let user = User::new().with_answers(&["Example", "ca.example.com", ":443", "me", "", "chosen after all"]);
        user.step("ca init").answer();
        let key = user.read("step/secrets/root_ca_key");
        assert!(PrivateKey::from_pem(&key, Some(b"chosen after all")).is_ok());
        let defaults: Value = serde_json::from_str(&user.read("step/config/defaults.json")).expect("JSON");
        assert_eq!(defaults["ca-url"], "https://ca.example.com");
    }

    #[test]
    fn a_pki_alone_has_no_configuration() {
        let user = User::new();
        user.write("password", "secret");
        user.step("ca init --pki --name Example --password-file {}/password").answer();
        assert!(!user.path("step/config/ca.json").exists());
        let mode = std::fs::metadata(user.path("step/secrets/root_ca_key")).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn without_a_terminal_the_first_unanswered_question_is_the_error() {
        let error = User::new().step("ca init --name Example").error();
        assert!(error.ends_with("there is no terminal\n\nhint: answer it with `--dns`\n"), "{error}");
        let error = User::new().step(&format!("ca init {FLAGS}")).error();
        assert!(error.ends_with("hint: answer it with `--password-file`\n"), "{error}");
    }

    #[test]
    fn values_of_flags_meet_the_rules_of_the_questions() {
        let user = User::new();
        let error = user.step("ca init --name Example --dns a_b:x").error();
        assert_eq!(error, "invalid value 'a_b:x' for flag '--dns': a_b:x is not a valid DNS name\n");
        let error = user.step("ca init --name Example --dns ca --address ca").error();
        assert_eq!(error, "invalid value 'ca' for flag '--address': ca is not an TCP address\n");
    }

    #[test]
    fn an_authority_is_not_replaced_unasked() {
        let user = User::new();
        user.write("password", "secret");
        let line = "ca init --pki --name Example --password-file {}/password";
        user.step(line).answer();
        let before = user.read("step/certs/root_ca.crt");
        let error = user.step(line).error();
        assert_eq!(error, "{}/step/certs/root_ca.crt exists already\n\nhint: overwrite it with `--force`\n");
        let user = user.with_answers(&["y", "y", "y", "n"]);
        assert_eq!(user.step(line).error(), "file exists\n");
        assert_eq!(user.read("step/certs/root_ca.crt"), before);
        user.step(&format!("{line} --force")).answer();
        assert_ne!(user.read("step/certs/root_ca.crt"), before);
    }

    #[test]
    fn a_root_from_elsewhere_is_copied_under_the_new_password() {
        let user = User::new();
        user.write("password", "new");
        let key = PrivateKey::generate(KeySpec::EcP256).expect("a key");
        let now = authority::Timestamp::from_unix(1_700_000_000);
        let root = authority::pki::create_root("Old", &key, now).expect("a root");
        user.write("old.crt", root.pem());
        user.write("old.key", key.to_encrypted_pem(b"old").expect("PEM").as_bytes());
        user.write("old-password", "old");
        let flags =
            "--root {}/old.crt --key {}/old.key --key-password-file {}/old-password --password-file {}/password";
        let outcome = user.step(&format!("ca init --pki --name Example {flags}"));
        assert!(outcome.answers.starts_with("\nCopying root certificate... \nall done!\n"), "{outcome:?}");
        assert!(outcome.talk.contains(&format!("✔ Root fingerprint: {}", hex::encode(root.fingerprint_sha256()))));
        assert_eq!(user.read("step/certs/root_ca.crt"), root.pem());
        assert!(PrivateKey::from_pem(&user.read("step/secrets/root_ca_key"), Some(b"new")).is_ok());
    }

    #[test]
    fn root_and_key_come_together_and_only_from_the_command_line() {
        let user = User::new().with_variable("STEP_ROOT", "/somewhere").with_variable("STEP_KEY", "/else");
        let error = user.step("ca init --root {}/a").error();
        assert_eq!(error, "flag '--root' requires the '--key' flag\n");
        let error = user.step("ca init --key {}/a").error();
        assert_eq!(error, "flag '--key' requires the '--root' flag\n");
    }

    #[test]
    fn what_is_not_there_yet_is_said() {
        let error = User::new().step("ca init --acme").error();
        assert_eq!(error, "flag '--acme' is not supported: there is no ACME provisioner yet\n");
        let error = User::new().step("ca init --deployment-type hosted").error();
        assert_eq!(error, "invalid value 'hosted' for flag '--deployment-type'; options are standalone\n");
    }
}
