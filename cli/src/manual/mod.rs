//! The manual: every command as a page, on the web, in a folder, or for `man`.
//!
//! ```text
//!  tree of commands ──► Page ─────► html, markdown, man ──► serve, folder
//!  handbook of policies ──► Article ──► html
//! ```
//!
//! Pages are made from the commands themselves, so none can be missing or out of date. The handbook was written.

mod article;
mod folder;
mod html;
mod markdown;
mod page;
mod serve;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use clap::Command;

use self::article::{ARTICLES, Article};
pub(crate) use self::page::Page;
use crate::{error::CommandError, output::Output};

/// Where the manual goes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Edition {
    /// Serve it here, `host:port`.
    pub http: Option<String>,
    /// Write web pages into this folder.
    pub html: Option<PathBuf>,
    /// Write Markdown into this folder.
    pub markdown: Option<PathBuf>,
    /// Write pages for `man` into this folder.
    pub man: Option<PathBuf>,
    /// With web pages, count their words.
    pub report: bool,
}

impl Edition {
    /// Whether a manual is wanted, and not one page of help.
    pub(crate) fn is_wanted(&self) -> bool {
        *self != Self::default()
    }
}

/// Publishes the manual of the command the words lead to, with everything below it.
pub(crate) fn publish(tree: &Command, path: &[String], edition: &Edition, output: &mut Output) -> anyhow::Result<()> {
    if edition.report && edition.html.is_none() {
        return Err(CommandError::FlagRequiresFlag { flag: "report", required: "html" }.into());
    }
    let manual = Manual::of(tree, path);
    let pages = &manual.pages;
    if let Some(folder) = &edition.html {
        folder::write_html(folder, &manual, edition.report)?;
    }
    if let Some(folder) = &edition.markdown {
        folder::write_markdown(folder, &manual)?;
    }
    if let Some(folder) = &edition.man {
        folder::write_man(folder, tree, pages)?;
    }
    match &edition.http {
        Some(address) => serve::serve(resolve(address)?, manual, output),
        None => Ok(()),
    }
}

/// What there is to read.
#[derive(Debug)]
pub(crate) struct Manual {
    /// A command and everything below it.
    pub pages: Vec<Page>,
    /// The handbook; with all commands, or those about policies.
    pub articles: &'static [Article],
}

impl Manual {
    fn of(tree: &Command, path: &[String]) -> Self {
        let has_policies = path.first().is_none_or(|word| word == "policy");
        Self { pages: Page::all(tree, path), articles: if has_policies { ARTICLES } else { &[] } }
    }
}

/// `host:port`; without a host this machine only.
fn resolve(address: &str) -> anyhow::Result<SocketAddr> {
    use std::net::ToSocketAddrs as _;

    let full = if address.starts_with(':') { format!("127.0.0.1{address}") } else { address.to_owned() };
    let first = full.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    first.with_context(|| format!("invalid value '{address}' for flag '--http'; it is host:port or :port"))
}
