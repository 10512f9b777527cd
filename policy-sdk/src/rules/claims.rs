//! What a credential says about its bearer: the attributes of an identity.

use serde_json::Value;

use super::one_of;
use crate::types::{Denial, Identity};

/// The attribute of the identity, e.g. a claim of a token, has one of these values.
///
/// # Errors
///
/// 403, with the value there is.
pub fn claim_is_one_of(rule: &str, claim: &str, wanted: &[String], identity: &Identity) -> Result<(), Denial> {
    let got = attribute(claim, identity);
    if got.is_some_and(|got| wanted.iter().any(|wanted| wanted == got)) {
        return Ok(());
    }
    Err(Denial::forbidden(rule, format!("{claim} must be {}", one_of(wanted)))
        .field(format!("identity.attributes.{claim}"))
        .got(got.unwrap_or("nothing"))
        .want(one_of(wanted)))
}

/// The groups of an identity: its attribute of this name, as a JSON list, or parted by commas or spaces.
pub fn groups(claim: &str, identity: &Identity) -> Vec<String> {
    let Some(text) = attribute(claim, identity) else { return vec![] };
    match serde_json::from_str(text) {
        Ok(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => text.split([',', ' ']).filter(|group| !group.is_empty()).map(str::to_owned).collect(),
    }
}

/// The bearer is in one of these groups.
///
/// # Errors
///
/// 403, with the groups there are.
pub fn member_of_any(rule: &str, claim: &str, wanted: &[String], identity: &Identity) -> Result<(), Denial> {
    let groups = groups(claim, identity);
    if groups.iter().any(|group| wanted.contains(group)) {
        return Ok(());
    }
    let got = if groups.is_empty() { "no group".to_owned() } else { groups.join(", ") };
    Err(Denial::forbidden(rule, format!("certificates are for members of {}", one_of(wanted)))
        .field(format!("identity.attributes.{claim}"))
        .got(got)
        .want(one_of(wanted)))
}

fn attribute<'i>(name: &str, identity: &'i Identity) -> Option<&'i str> {
    identity.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jane(groups: &str) -> Identity {
        let attributes = vec![("groups".to_owned(), groups.to_owned())];
        Identity { subject: "jane".into(), credential_id: "kid".into(), attributes }
    }

    #[test]
    fn groups_are_a_list_however_they_are_written() {
        for text in [r#"["ops", "dba"]"#, "ops,dba", "ops dba", "ops, dba"] {
            assert_eq!(groups("groups", &jane(text)), ["ops", "dba"], "{text}");
        }
        assert!(groups("teams", &jane("ops")).is_empty());
    }

    #[test]
    fn a_group_is_the_whole_name_of_it() {
        let wanted = ["dba".to_owned()];
        assert_eq!(member_of_any("x.group", "groups", &wanted, &jane("ops dba")), Ok(()));
        let denial = member_of_any("x.group", "groups", &wanted, &jane("dbas")).unwrap_err();
        assert_eq!(denial.reasons[0].got.as_deref(), Some("dbas"));
        assert!(member_of_any("x.group", "groups", &[], &jane("dba")).is_err(), "no group is no permission");
    }

    #[test]
    fn a_claim_that_is_absent_is_not_what_is_wanted() {
        assert!(claim_is_one_of("x.claim", "org", &["acme".to_owned()], &jane("")).is_err());
        assert_eq!(claim_is_one_of("x.claim", "groups", &["ops".to_owned()], &jane("ops")), Ok(()));
    }
}
