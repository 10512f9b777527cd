//! Which provisioner's key signs the token.

use api_types::Provisioner;
use thiserror::Error;

use super::is_openid;
use crate::{
    context::Context,
    error::CommandError,
    prompt::{PromptError, Question},
};

/// Why no provisioner could be chosen.
#[derive(Debug, Error)]
pub(crate) enum ChoiceError {
    #[error("cannot create a new token: the CA does not have any provisioner configured")]
    NoProvisioner,
    #[error("several provisioners could sign the token and there is no terminal to ask which: {}", .items.join(", "))]
    Several {
        /// `<kid> (<name>)` each.
        items: Vec<String>,
    },
}

impl ChoiceError {
    pub(crate) fn hint(&self) -> Option<String> {
        matches!(self, Self::Several { .. })
            .then(|| "choose one with `--kid <kid>` or `--provisioner <name>`".to_owned())
    }
}

/// The provisioner with that kid and that name; the person is asked when several fit.
pub(crate) fn choose(
    cx: &mut Context,
    provisioners: Vec<Provisioner>,
    kid: Option<&str>,
    name: Option<&str>,
) -> anyhow::Result<Provisioner> {
    // Provisioners of other types are for other flows; one without a key signs nothing.
    let is_jwk = |provisioner: &Provisioner| {
        let kind = &provisioner.r#type;
        provisioner.key.is_some() && (kind.is_empty() || kind.eq_ignore_ascii_case("jwk"))
    };
    let mut fitting: Vec<_> =
        provisioners.into_iter().filter(|provisioner| is_jwk(provisioner) || is_openid(provisioner)).collect();
    if fitting.is_empty() {
        return Err(ChoiceError::NoProvisioner.into());
    }
    if let Some(kid) = kid {
        fitting.retain(|provisioner| self::kid(provisioner) == kid);
        if fitting.is_empty() {
            return Err(CommandError::invalid_value("kid", kid).into());
        }
    }
    if let Some(name) = name {
        fitting.retain(|provisioner| provisioner.name == name);
        if fitting.is_empty() {
            return Err(CommandError::invalid_value("issuer", name).into());
        }
    }
    let index = if fitting.len() == 1 { 0 } else { ask(cx, &fitting)? };
    let chosen = fitting.swap_remove(index.min(fitting.len() - 1));
    let label = if is_openid(&chosen) { "Provisioner" } else { "Key ID" };
    cx.output.tick(label, item(&chosen))?;
    Ok(chosen)
}

fn ask(cx: &mut Context, provisioners: &[Provisioner]) -> anyhow::Result<usize> {
    let items: Vec<_> = provisioners.iter().map(item).collect();
    let question = Question { label: "What provisioner key do you want to use?", flag: "--kid" };
    match cx.choose(question, &items) {
        Err(PromptError::NoTerminal { .. }) => Err(ChoiceError::Several { items }.into()),
        outcome => Ok(outcome?),
    }
}

/// `<kid> (<name>)`, or `<name> (OIDC) [client: <id>]`, safe to show.
fn item(provisioner: &Provisioner) -> String {
    let (kid, name) = (kid(provisioner), &provisioner.name);
    let item =
        if is_openid(provisioner) { format!("{name} (OIDC) [client: {kid}]") } else { format!("{kid} ({name})") };
    crate::output::printable(&item).into_owned()
}

/// The name of the provisioner's key; its client where it has no key.
pub(crate) fn kid(provisioner: &Provisioner) -> &str {
    if is_openid(provisioner) { &provisioner.client_id } else { provisioner.key.as_ref().map_or("", |key| &key.kid) }
}
