//! `step ca revoke`

use std::{io, path::PathBuf};

use anyhow::{Context as _, bail};
use api_types::RevokeRequest;
use authority::{RevocationReason, SerialNumber};
use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    flags::{CaFlags, OfflineFlag},
    issue::{ProvisionerFlags, Token},
    pair::Pair,
};
use crate::{
    answer::Answer,
    client::Client,
    context::Context,
    error::{CommandError, ExitStatus},
    output::Output,
};

/// What there is in place of `--offline`.
const OFFLINE: &str = "what ends a certificate is on the CA's record; \
     make a token with `step ca token --revoke --offline` and give it with `--token` where the CA can be reached";

/// Revoke a certificate: it is not renewed any more, and whoever asks the CA hears of it
///
/// A provisioner revokes what it let be issued: without --token one is made first, as `step ca token --revoke` does.
/// Whoever has a certificate and its key revokes that with --cert and --key.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca revoke 308893286343609293989051180431574390766
  step ca revoke --cert a.crt --key a.key --reasonCode superseded")]
pub(crate) struct Revoke {
    /// Serial number of the certificate: decimal, or hexadecimal after 0x
    #[arg(value_name = "SERIAL-NUMBER")]
    serial_number: Option<String>,
    /// File with the certificate to revoke, which then authorizes that itself
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// File with its private key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Why, for people
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Why, as RFC 5280 counts or names it, e.g. 1 or keyCompromise
    #[arg(long = "reasonCode", alias = "reason-code", value_name = "REASON", default_value = "0")]
    reason_code: String,
    /// One-time token that authorizes the revocation
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    ca: CaFlags,
    #[command(flatten)]
    provisioner: ProvisionerFlags,
    #[command(flatten)]
    offline: OfflineFlag,
}

/// The serial number of what was revoked.
#[derive(Serialize)]
struct Revoked {
    revoked: String,
}

impl Answer for Revoked {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.say(format_args!("Certificate with Serial Number {} has been revoked.", self.revoked))
    }
}

impl Revoke {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.offline.refuse(OFFLINE)?;
        let reason: RevocationReason = match self.reason_code.parse() {
            Ok(reason) => reason,
            Err(error) => {
                let invalid = CommandError::invalid_value("reasonCode", self.reason_code);
                return Err(anyhow::Error::from(invalid).context(error));
            }
        };
        let named = self.serial_number.as_deref().map(str::parse::<SerialNumber>).transpose()?;
        let (client, serial_number, token) = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => {
                if self.token.is_some() {
                    return Err(CommandError::MutuallyExclusive { first: "cert", second: "token" }.into());
                }
                let pair = Pair::read(cx, certificate, key, self.provisioner.password_file())?;
                let own = *pair.leaf()?.serial_number();
                if named.is_some_and(|named| named != own) {
                    bail!("the certificate in {} has the serial number {own}", certificate.display());
                }
                (pair.client(cx, &self.ca)?, own, Zeroizing::default())
            }
            (Some(_), None) => return Err(CommandError::FlagRequiresFlag { flag: "cert", required: "key" }.into()),
            (None, Some(_)) => return Err(CommandError::FlagRequiresFlag { flag: "key", required: "cert" }.into()),
            (None, None) => {
                let serial_number = named.context("missing <serial-number>, or '--cert' and '--key'")?;
                let (client, token) = self.by_token(cx, serial_number)?;
                (client, serial_number, token)
            }
        };
        let request = RevokeRequest {
            serial: serial_number.to_string(),
            ott: token.trim().to_owned(),
            reason_code: reason.code().into(),
            reason: self.reason,
            passive: true,
        };
        cx.wait_for(client.revoke(&request))??;
        cx.output.give(&Revoked { revoked: serial_number.to_string() })?;
        Ok(ExitStatus::Success)
    }

    /// The token that was given, or one of a provisioner, and a client of its CA.
    fn by_token(&self, cx: &mut Context, serial_number: SerialNumber) -> anyhow::Result<(Client, Zeroizing<String>)> {
        let text = match &self.token {
            Some(token) => Zeroizing::new(token.clone()),
            None => self.provisioner.token_against(cx, &self.ca, &serial_number)?,
        };
        let token = Token::read(text.clone())?;
        if token.subject != serial_number.to_string() {
            bail!("token subject '{}' and serial number '{serial_number}' do not match", token.subject);
        }
        Ok((token.client(cx, &self.ca)?, text))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{User, leaf_certificate};

    #[test]
    fn what_is_missing_or_contradictory_is_named() {
        let user = User::new();
        let (certificate, key) = leaf_certificate(-60, 3_600);
        user.write("a.crt", certificate);
        user.write("a.key", key);
        for (line, message) in [
            ("", "missing <serial-number>, or '--cert' and '--key'"),
            ("--cert {}/a.crt", "flag '--cert' requires the '--key' flag"),
            ("--key {}/a.key", "flag '--key' requires the '--cert' flag"),
            ("--cert {}/a.crt --key {}/a.key --token t", "flag '--cert' and flag '--token' are mutually exclusive"),
            ("7 --cert {}/a.crt --key {}/a.key", "the certificate in {}/a.crt has the serial number "),
            ("7", "flag '--ca-url' is required unless the '--token' flag is provided"),
            ("seven", "a serial number is a decimal number"),
            ("7 --reasonCode 8", "invalid value '8' for flag '--reasonCode'"),
            ("7 --reasonCode removeFromCRL", "invalid value 'removeFromCRL' for flag '--reasonCode'"),
        ] {
            let error = user.step(&format!("ca revoke {line}")).error();
            assert!(error.contains(message), "{line}: {error}");
        }
    }

    #[test]
    fn a_token_for_another_certificate_is_not_spent() {
        let key = jose::Jwk::generate_ec_p256().expect("a key");
        let header = jose::jws::ProtectedHeader::jwt("k");
        let token = jose::jws::sign(&header, r#"{"sub":"8"}"#, &key).expect("signed");
        let error = User::new().step(&format!("ca revoke 7 --token {token}")).error();
        assert_eq!(error, "token subject '8' and serial number '7' do not match\n");
    }
}
