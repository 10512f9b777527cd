//! `step ca sign`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use authority::CertificationRequest;
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
    error::ExitStatus,
    files::{self, Destination},
    prompt::{Question, not_blank},
};

/// Get a certificate for a certificate request
///
/// Without --token one is made first, for the names in the request.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step ca sign a.csr a.crt")]
pub(crate) struct Sign {
    /// File with the certificate request, in PEM
    #[arg(value_name = "CSR-FILE")]
    request: PathBuf,
    /// File for the certificate and the chain above it
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// One-time token that authorizes the certificate
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    ca: CaFlags,
    #[command(flatten)]
    provisioner: ProvisionerFlags,
    #[command(flatten)]
    validity: ValidityFlags,
    #[command(flatten)]
    offline: OfflineFlag,
    /// Overwrite the file without asking
    #[arg(long, short)]
    force: bool,
}

impl Sign {
    pub(crate) fn run(mut self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.offline.refuse(TOKEN_OFFLINE)?;
        let request = read_request(&self.request)?;
        let common_name = request.common_name().unwrap_or_default().to_owned();
        let destination = Destination::claim(cx, &self.certificate, self.force)?;
        let token = match self.token.take() {
            Some(token) => Token::read(Zeroizing::new(token))?,
            None => {
                let (subject, names) = names(cx, &request, &common_name)?;
                Token::read(self.provisioner.token_for(cx, &self.ca, &subject, &names)?)?
            }
        };
        if !common_name.is_empty() && !token.is_about(&common_name) {
            bail!("token subject '{}' and CSR CommonName '{common_name}' do not match", token.subject);
        }
        let client = token.client(cx, &self.ca)?;
        let chain = token.spend(cx, &client, &request, &self.validity)?;
        destination.write(certificates::to_pem(&chain).as_bytes())?;
        let saved = Saved::ticked("certificate", "Certificate", destination.path());
        cx.output.give(&saved.certified(&certificates::leaf(&chain)?))?;
        Ok(ExitStatus::Success)
    }
}

fn read_request(path: &Path) -> anyhow::Result<CertificationRequest> {
    let bytes = files::read(path)?;
    let text = String::from_utf8(bytes.to_vec()).ok();
    let text = text.filter(|text| text.contains("CERTIFICATE REQUEST-----"));
    let text = text.with_context(|| format!("error parsing {}: file is not a certificate request", path.display()))?;
    let request = CertificationRequest::from_pem(&text);
    request.with_context(|| format!("error parsing {}", path.display()))
}

/// Subject and names of the token: those of the request, or what the person says when it has none.
fn names(cx: &mut Context, request: &CertificationRequest, common_name: &str) -> anyhow::Result<(String, Vec<String>)> {
    let mut names: Vec<String> = request.subject_alt_names().iter().collect();
    if names.is_empty() && common_name.is_empty() {
        let question = Question {
            label: "What DNS names or IP addresses would you like to use? (e.g. internal.smallstep.com)",
            flag: "--token",
        };
        let answer = cx.ask(question, "", not_blank)?;
        names = answer.split([',', ' ']).filter(|name| !name.is_empty()).map(ascii_name).collect();
    }
    let subject = match (common_name, names.first()) {
        ("", Some(first)) => first.clone(),
        (common_name, _) => common_name.to_owned(),
    };
    if names.is_empty() {
        names.push(subject.clone());
    }
    Ok((subject, names))
}
