//! Names: what is issued is what was granted, to the last one.

use authority::{Certificate, SubjectAltNames, pem, pki};
use proptest::prelude::*;
use step_tests::Csr;

use crate::doors::{Door, Reply, cases};

/// Mostly good names of every kind, and some that are none.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z]{1,3}(\\.[a-z]{1,3}){0,2}",
        2 => "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
        2 => "[0-9a-f]{1,4}::[0-9a-f]{1,4}",
        2 => "[a-z]{1,4}@[a-z]{1,4}\\.example",
        2 => "(spiffe|https)://[a-z]{1,4}\\.example/[a-z]{0,4}",
        1 => "\\*\\.[a-z]{1,3}\\.[a-z]{1,3}",
        1 => "[A-Za-z0-9.*@:/_-]{1,12}",
        1 => ".{1,8}",
    ]
}

fn names_of(pem: &str) -> SubjectAltNames {
    Certificate::from_pem(pem).unwrap().subject_alt_names().unwrap().clone()
}

#[test]
fn what_is_issued_is_what_was_granted() {
    let door = Door::shared();
    proptest!(cases(400), |(names in proptest::collection::vec(name(), 0..6))| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let token = door.ca.token("subject").sans(&names).sign();
        let reply = door.knock(&Csr::new("subject", &[]).pem, &token);
        let granted = SubjectAltNames::classify(if names.is_empty() { &["subject"][..] } else { &names });
        match (reply, granted) {
            (Reply::Issued(pem), Ok(granted)) => prop_assert_eq!(names_of(&pem), granted),
            (Reply::Issued(pem), Err(error)) => prop_assert!(false, "{}: {:?}", error, names_of(&pem)),
            (Reply::Refused(kind), Ok(granted)) => {
                // Nothing but control characters and blanks in a name is refused that the room would take.
                let is_odd = |name: &&str| name.is_empty() || name.chars().any(|c| c.is_control() || !c.is_ascii());
                prop_assert!(granted.is_empty() || names.iter().any(is_odd), "{:?} for {:?}", kind, names);
            }
            (Reply::Refused(_), Err(_)) => {}
        }
    });
}

#[test]
fn what_is_asked_for_is_never_more_than_what_was_granted() {
    let door = Door::shared();
    proptest!(cases(400), |(granted in proptest::collection::vec("[a-c]\\.example", 1..4),
        asked in proptest::collection::vec("[a-c]\\.example", 0..4))| {
        let to_set = |names: &[String]| SubjectAltNames::classify(names).unwrap();
        let (granted_set, asked_set) = (to_set(&granted), to_set(&asked));
        let csr = pki::create_csr(&door.csr.key, "", &asked_set).unwrap();
        let granted: Vec<&str> = granted.iter().map(String::as_str).collect();
        let token = door.ca.token("subject").sans(&granted).sign();
        let reply = door.knock(&pem::encode("CERTIFICATE REQUEST", csr.der()), &token);
        prop_assert_eq!(reply.is_issued(), asked_set.is_empty() || asked_set == granted_set);
        if let Reply::Issued(pem) = reply {
            prop_assert_eq!(names_of(&pem), granted_set);
        }
    });
}
