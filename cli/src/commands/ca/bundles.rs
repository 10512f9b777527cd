//! `step ca roots` and `step ca federation`: the same command for two lists.

use std::path::PathBuf;

use clap::Args;

use super::flags::CaFlags;
use crate::{
    answer::{Saved, Text},
    certificates,
    client::{ClientError, api_types::RootsResponse},
    context::Context,
    error::ExitStatus,
    files::Destination,
};

/// Download every root certificate the CA's clients are to trust
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step ca roots roots.pem")]
pub(crate) struct Roots {
    #[command(flatten)]
    bundle: Bundle,
}

/// Download the root certificates of the CA and of those it is federated with
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step ca federation roots.pem")]
pub(crate) struct Federation {
    #[command(flatten)]
    bundle: Bundle,
}

#[derive(Args)]
struct Bundle {
    /// File to write; standard output if left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    ca: CaFlags,
    /// Overwrite the file without asking
    #[arg(long, short)]
    force: bool,
}

impl Roots {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.bundle.ca.client(cx)?;
        self.bundle.save(cx, "root", async move || client.roots().await)
    }
}

impl Federation {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.bundle.ca.client(cx)?;
        self.bundle.save(cx, "federation", async move || client.federation().await)
    }
}

impl Bundle {
    fn save(
        self,
        cx: &mut Context,
        what: &str,
        fetch: impl AsyncFnOnce() -> Result<RootsResponse, ClientError>,
    ) -> anyhow::Result<ExitStatus> {
        let destination = match &self.file {
            Some(file) => Some(Destination::claim(cx, file, self.force)?),
            None => None,
        };
        let answer = cx.wait_for(fetch())??;
        let roots = answer.crts.iter().map(|pem| certificates::first(pem.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        let pem = certificates::to_pem(&roots);
        match destination {
            None => cx.output.give(&Text::pem(&pem))?,
            Some(destination) => {
                destination.write(pem.as_bytes())?;
                let sentence = format!("The {what} certificate bundle has been saved in");
                cx.output.give(&Saved::file("file", sentence, destination.path()))?;
            }
        }
        Ok(ExitStatus::Success)
    }
}
