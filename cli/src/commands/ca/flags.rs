//! Flags that several commands have.

use api_types::RequestedTime;
use certs::TimeFlag;
use clap::Args;

use crate::{
    CaUrl,
    client::{Client, Fingerprint, Roots},
    context::Context,
    error::CommandError,
    roots,
};

/// Which CA, and by which root it is known.
#[derive(Args)]
pub(super) struct CaFlags {
    /// Address of the CA, https://host[:port]
    #[arg(long, value_name = "URL")]
    ca_url: Option<CaUrl>,
    /// Root certificate the CA is verified by: a file, files separated by commas, or a directory;
    /// $STEPPATH/certs/root_ca.crt if left out
    #[arg(long, value_name = "FILE")]
    root: Option<String>,
}

impl CaFlags {
    /// The CA's address, which the command cannot do without.
    pub(super) fn url(&self, cx: &Context) -> Result<CaUrl, CommandError> {
        self.given_url().cloned().ok_or_else(|| requires(cx, "ca-url"))
    }

    pub(super) fn given_url(&self) -> Option<&CaUrl> {
        self.ca_url.as_ref()
    }

    /// The roots named by `--root`, else in the default place.
    pub(super) fn roots(&self, cx: &Context) -> anyhow::Result<Roots> {
        match &self.root {
            Some(argument) => roots::read(argument),
            None => {
                let default = cx.step_path().root_certificate();
                let default = default.is_file().then_some(default).ok_or_else(|| requires(cx, "root"))?;
                roots::read(&default.display().to_string())
            }
        }
    }

    /// The fingerprint of the root, as tokens carry it.
    pub(super) fn root_fingerprint(&self, cx: &Context) -> anyhow::Result<Fingerprint> {
        Ok(Fingerprint::of(self.roots(cx)?.first()))
    }

    pub(super) fn client(&self, cx: &Context) -> anyhow::Result<Client> {
        Ok(Client::new(self.url(cx)?, &self.roots(cx)?)?)
    }
}

/// What upstream does with the CA's own files, behind the back of whatever decides at the CA.
#[derive(Args)]
pub(super) struct OfflineFlag {
    /// Not supported: what the CA has not decided is not done, see `step ca token --offline`
    #[arg(long, hide = true)]
    offline: bool,
}

impl OfflineFlag {
    /// Refuses the flag; `instead` says what there is in its place.
    pub(super) fn refuse(&self, instead: &'static str) -> Result<(), CommandError> {
        match self.offline {
            true => Err(CommandError::Unsupported { flag: "offline", reason: instead }),
            false => Ok(()),
        }
    }
}

/// For commands that a token authorizes.
pub(super) const TOKEN_OFFLINE: &str = "no certificate is signed before the CA's policies have decided; \
     make a token with `step ca token --offline` and give it with `--token` where the CA can be reached";

/// For commands that a certificate itself authorizes.
pub(super) const CERTIFICATE_OFFLINE: &str = "no certificate is signed before the CA's policies have decided; \
     leave the flag out where the CA can be reached";

/// The command at hand cannot work without this flag.
pub(super) fn requires(cx: &Context, flag: &'static str) -> CommandError {
    CommandError::CommandRequiresFlag { command: cx.command.clone(), flag }
}

/// For how long the certificate is to be valid.
#[derive(Args)]
pub(super) struct ValidityFlags {
    /// Start of the certificate's validity: a time (RFC 3339), or a duration from now, e.g. 5m or -30s
    #[arg(long, value_name = "TIME|DURATION")]
    not_before: Option<TimeFlag>,
    /// End of the certificate's validity: a time (RFC 3339), or a duration from now, e.g. 24h
    #[arg(long, value_name = "TIME|DURATION")]
    not_after: Option<TimeFlag>,
}

impl ValidityFlags {
    /// As the CA is asked: always points in time, which a CA of any age understands.
    pub(super) fn requested(&self, cx: &Context) -> (RequestedTime, RequestedTime) {
        let now = cx.now();
        let requested = |flag: Option<TimeFlag>| {
            flag.map_or(RequestedTime::Unset, |flag| RequestedTime::At(flag.resolve(now).as_unix()))
        };
        (requested(self.not_before), requested(self.not_after))
    }
}
