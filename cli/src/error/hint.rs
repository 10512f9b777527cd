//! What can be done about an error.

use authority::PathError;
use jose::JoseError;

use super::CommandError;
use crate::{
    args::settings::DefaultsError, client::ClientError, commands::policy::ProgramError, files::FileError,
    oauth::OauthError, prompt::PromptError, provisioning::ChoiceError, trust_store::TrustStoreError,
};

/// What the user can do about a cause of an error, if it is one about which somebody can.
pub(super) fn of(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<CommandError>() {
        error.hint()
    } else if let Some(error) = cause.downcast_ref::<PromptError>() {
        error.hint()
    } else if let Some(error) = cause.downcast_ref::<ChoiceError>() {
        error.hint()
    } else if let Some(steppath::FileError::Exists { .. }) = cause.downcast_ref::<steppath::FileError>() {
        Some("overwrite it with `--force`".into())
    } else if let Some(error) = cause.downcast_ref::<FileError>() {
        error.hint()
    } else if let Some(error) = cause.downcast_ref::<DefaultsError>() {
        Some(error.hint())
    } else if let Some(error) = cause.downcast_ref::<ProgramError>() {
        error.hint()
    } else if let Some(error) = cause.downcast_ref::<OauthError>() {
        error.hint()
    } else if let Some(error) = cause.downcast_ref::<TrustStoreError>() {
        error.hint()
    } else if let Some(error) = cause.downcast_ref::<JoseError>() {
        of_message(error).map(str::to_owned)
    } else if let Some(error) = cause.downcast_ref::<PathError>() {
        of_path(error).map(str::to_owned)
    } else {
        cause.downcast_ref::<ClientError>().and_then(ClientError::hint)
    }
}

/// Of messages and keys of JOSE.
fn of_message(error: &JoseError) -> Option<&'static str> {
    match error {
        JoseError::Legacy => Some("`--insecure` allows it"),
        JoseError::Member { member: "signatures" | "recipients", .. } => {
            Some("ask the sender for a message to one key, in the compact or the flattened serialization")
        }
        _ => None,
    }
}

/// Of the path from a certificate to a root.
fn of_path(error: &PathError) -> Option<&'static str> {
    match error {
        PathError::UnknownIssuer => Some(
            "name the roots with `--roots`; the certificates between belong into the file, behind the first \
             (`step certificate bundle`)",
        ),
        PathError::Expired => Some("`step ca renew` gets the next one, if its CA renews what has expired"),
        PathError::OtherHost { .. } => Some("`step certificate inspect --short` shows the names it has"),
        _ => None,
    }
}
