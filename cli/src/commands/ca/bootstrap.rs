//! `step ca bootstrap`

use clap::Args;
use serde::Serialize;

use super::root::KnownRoot;
use crate::{
    answer::Saved,
    certificates,
    context::Context,
    error::ExitStatus,
    files::Destination,
    trust_store::{Anchor, TrustStore},
};

/// Get to know a CA: save its root certificate and its address for every other command
///
/// The root certificate is downloaded from the CA and compared with the fingerprint before anything is written.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca bootstrap --ca-url https://ca.example.com --fingerprint d9d0978692f1c7cc791f5c343ce98771900721405e834cd27b9502cc719f5097
  step ca bootstrap --install --ca-url https://ca.example.com --fingerprint d9d0978692f1c7cc791f5c343ce98771900721405e834cd27b9502cc719f5097")]
pub(crate) struct Bootstrap {
    #[command(flatten)]
    known: KnownRoot,
    /// Add the root certificate to the system's trust store as well, which only root may do
    #[arg(long)]
    install: bool,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

/// `defaults.json`: the flags every other command starts from.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Defaults<'a> {
    ca_url: String,
    fingerprint: &'a str,
    root: String,
}

impl Bootstrap {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let url = self.known.url(cx)?;
        let fingerprint = self.known.fingerprint(cx)?.to_owned();
        let root_path = cx.step_path().root_certificate();
        let defaults_path = cx.step_path().defaults_json();
        // Whoever may not install it learns that before anything is written.
        let store = if self.install { Some(TrustStore::of_system()?) } else { None };
        let root = Destination::claim_in_new_folder(cx, &root_path, self.force)?;
        let defaults = Destination::claim_in_new_folder(cx, &defaults_path, self.force)?;

        let certificate = self.known.download(cx)?;
        let contents =
            Defaults { ca_url: url.to_string(), fingerprint: &fingerprint, root: root_path.display().to_string() };
        steppath::create_directory(&cx.step_path().certs())?;
        steppath::create_directory(&cx.step_path().config())?;
        root.write(certificate.as_bytes())?;
        defaults.write_public(&serde_json::to_vec_pretty(&contents)?)?;
        let saved = Saved::file("root", "The root certificate has been saved in", &root_path);
        cx.output.give(&saved.and("configuration", "Your configuration has been saved in", &defaults_path))?;
        if let Some(store) = store {
            let der = certificates::first(certificate.as_bytes())?;
            store.install(&Anchor { file: &root_path, der: &der, prefix: "step-" })?;
            cx.output.say("The root certificate has been installed in the system's trust store.")?;
        }
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn nothing_is_written_when_the_ca_cannot_be_reached() {
        let user = User::new();
        let fingerprint = "ab".repeat(32);
        let error = user.step(&format!("ca bootstrap --ca-url 127.0.0.1:1 --fingerprint {fingerprint}")).error();
        let expected =
            format!("error downloading root certificate: client GET https://127.0.0.1:1/root/{fingerprint} failed");
        assert!(error.starts_with(&expected), "{error}");
        assert!(error.contains("\n\nhint: is the CA running"), "{error}");
        assert!(!user.path("step/certs").exists() && !user.path("step/config").exists());
    }

    #[test]
    fn both_flags_are_needed() {
        let error = User::new().step("ca bootstrap --ca-url ca").error();
        assert!(error.starts_with("'step ca bootstrap' requires the '--fingerprint' flag"), "{error}");
    }
}
