//! The flags that say what is done about a module.

use api_types::RecallAction;
use authority::RevocationReason;
use clap::Args;

/// What is done about a module, and why; without any of the first three, nothing.
#[derive(Args, Clone, Debug)]
pub struct RecallFlags {
    /// Bar the renewal of them all, and of whatever the module has a say in later
    #[arg(long, conflicts_with_all = ["revoke", "lift"])]
    block: bool,
    /// The same, and revoke them all
    #[arg(long, conflicts_with = "lift")]
    revoke: bool,
    /// Let them be renewed again; what is revoked stays revoked
    #[arg(long)]
    lift: bool,
    /// Why, as RFC 5280 counts or names it
    // What conflicts with a flag takes the place of the flag that is required.
    #[arg(long, value_name = "REASON", default_value = "privilegeWithdrawn", requires = "revoke")]
    #[arg(conflicts_with_all = ["block", "lift"])]
    pub reason_code: RevocationReason,
    /// Why, for people
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
}

impl RecallFlags {
    /// What is to be done; none when it is only to be shown what there is.
    pub fn action(&self) -> Option<RecallAction> {
        match self {
            Self { block: true, .. } => Some(RecallAction::Block),
            Self { revoke: true, .. } => Some(RecallAction::Revoke),
            Self { lift: true, .. } => Some(RecallAction::Lift),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: RecallFlags,
    }

    fn action(flags: &[&str]) -> Result<Option<RecallAction>, clap::Error> {
        let words = ["recall"].iter().chain(flags);
        Line::try_parse_from(words).map(|line| line.flags.action())
    }

    #[test]
    fn one_thing_is_done_or_none_and_a_reason_is_given_for_revoking() {
        assert_eq!(action(&[]).unwrap(), None);
        assert_eq!(action(&["--block"]).unwrap(), Some(RecallAction::Block));
        assert_eq!(action(&["--lift"]).unwrap(), Some(RecallAction::Lift));
        assert_eq!(action(&["--revoke", "--reason-code", "keyCompromise"]).unwrap(), Some(RecallAction::Revoke));
        for wrong in [&["--block", "--revoke"][..], &["--lift", "--revoke"], &["--block", "--reason-code", "1"]] {
            assert!(action(wrong).is_err(), "{wrong:?}");
        }
    }
}
