//! How long a certificate lives.

use go_duration::GoDuration;

use crate::{check::Draft, types::Denial};

/// The certificate lives no longer than that, counted from its first second to its last.
///
/// # Errors
///
/// 403, with how long it would live; also when nothing has given it a validity yet.
pub fn lifetime_within(rule: &str, longest: GoDuration, draft: &Draft) -> Result<(), Denial> {
    let seconds = draft.validity.map(|validity| validity.not_after.saturating_sub(validity.not_before));
    let lifetime = seconds.map(|seconds| GoDuration::from_nanos(seconds.saturating_mul(1_000_000_000)));
    if lifetime.is_some_and(|lifetime| lifetime.as_nanos() <= longest.as_nanos()) {
        return Ok(());
    }
    Err(Denial::forbidden(rule, format!("certificates live at most {longest} here"))
        .field("validity")
        .got(lifetime.map_or_else(|| "no validity".to_owned(), |lifetime| lifetime.to_string()))
        .want(format!("at most {longest}"))
        .hint("ask for an earlier end with `--not-after`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing::{NOW, proposal},
        types::Validity,
    };

    #[test]
    fn a_certificate_may_live_to_the_second() {
        let mut draft = proposal(&["db.example.com"]).draft;
        let hour: GoDuration = "1h".parse().unwrap();
        assert!(lifetime_within("x.life", hour, &draft).is_err(), "it has no validity yet");
        draft.validity = Some(Validity { not_before: NOW, not_after: NOW + 3_600 });
        assert_eq!(lifetime_within("x.life", hour, &draft), Ok(()));
        draft.validity = Some(Validity { not_before: NOW, not_after: NOW + 3_601 });
        let denial = lifetime_within("x.life", hour, &draft).unwrap_err();
        assert_eq!(denial.reasons[0].got.as_deref(), Some("1h0m1s"));
    }
}
