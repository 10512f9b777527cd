//! A certificate that speaks for itself: what `ca renew`, `ca rekey` and `ca revoke` show the CA.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, bail};
use api_types::{RekeyRequest, SignResponse};
use authority::{Certificate, SubjectAltNames, keys::PrivateKey, pki};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::flags::CaFlags;
use crate::{
    certificates,
    client::{self, Client, Identity},
    context::Context,
    files::{self, Destination},
    key_file,
    provisioning::{Lifetime, Purpose, renewal},
};

/// How a certificate is shown to the CA for its renewal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RenewBy {
    /// As that of the TLS client, while it is valid.
    Handshake,
    /// In a token, which a proxy that ends TLS passes on.
    Token,
}

/// A certificate, the chain above it, and its key.
pub(super) struct Pair {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKey,
}

impl Pair {
    pub(super) fn read(
        cx: &mut Context,
        certificate: &Path,
        key: &Path,
        password_file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let password = key_file::Password { flag: "--password-file", file: password_file };
        let chain = certificates::all(&files::read(certificate)?);
        let chain = chain.with_context(|| format!("error reading {}", certificate.display()))?;
        Ok(Self { chain, key: key_file::read(cx, key, password)? })
    }

    pub(super) fn leaf(&self) -> anyhow::Result<Certificate> {
        let leaf = self.chain.first().context("there is no certificate")?;
        Certificate::from_der(leaf).context("error parsing the certificate")
    }

    /// How long it is still valid.
    pub(super) fn remaining(&self, cx: &Context) -> anyhow::Result<Duration> {
        let left = self.leaf()?.validity().not_after.duration_since(cx.now());
        left.context("cannot renew an expired certificate")
    }

    /// A client of the CA that shows the certificate.
    pub(super) fn client(&self, cx: &Context, ca: &CaFlags) -> anyhow::Result<Client> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.to_pkcs8_der()?.to_vec()));
        let identity = Identity { chain: self.chain.clone(), key };
        Ok(Client::with_identity(ca.url(cx)?, &ca.roots(cx)?, identity)?)
    }

    /// Asks the CA for the next certificate, writes it, and is that pair from then on. A certificate that has expired
    /// gets through no handshake: it is sent in a token.
    pub(super) fn renew(
        &mut self,
        cx: &mut Context,
        ca: &CaFlags,
        by: RenewBy,
        destination: &Destination,
    ) -> anyhow::Result<()> {
        let answer = match by {
            RenewBy::Handshake if self.remaining(cx).is_ok() => {
                let client = self.client(cx, ca)?;
                cx.wait_for(client.renew())?
            }
            RenewBy::Handshake | RenewBy::Token => {
                let client = ca.client(cx)?;
                let audience = Purpose::Renew.audience(client.url());
                let lifetime = Lifetime::from_now(cx.now());
                let token = renewal::sign(&self.chain, &self.leaf()?, &self.key, &audience, lifetime)?;
                let token = Zeroizing::new(token);
                cx.wait_for(client.renew_by_token(&token))?
            }
        };
        let answer = answer.context("error renewing certificate")?;
        let key = PrivateKey::from_pkcs8_der(&self.key.to_pkcs8_der()?)?;
        let renewed = Self::of(&answer, key)?;
        destination.write(renewed.certificates().as_bytes())?;
        *self = renewed;
        Ok(())
    }

    /// Asks the CA for the same certificate with another key.
    pub(super) fn rekey(&self, cx: &mut Context, ca: &CaFlags, key: PrivateKey) -> anyhow::Result<Self> {
        // Of the request only the key counts.
        let request = pki::create_csr(&key, "", &SubjectAltNames::default())?;
        let client = self.client(cx, ca)?;
        let answer = cx.wait_for(client.rekey(&RekeyRequest { csr: request.pem() }))?;
        Self::of(&answer.context("error rekeying certificate")?, key)
    }

    /// What the CA sent, if it is for this key.
    fn of(answer: &SignResponse, key: PrivateKey) -> anyhow::Result<Self> {
        let pair = Self { chain: client::chain(answer)?, key };
        if pair.leaf()?.public_key().spki_der() != pair.key.spki_der() {
            bail!("the CA sent a certificate for another key");
        }
        Ok(pair)
    }

    /// Certificate and chain in PEM.
    pub(super) fn certificates(&self) -> String {
        certificates::to_pem(&self.chain)
    }

    pub(super) fn key(&self) -> &PrivateKey {
        &self.key
    }
}
