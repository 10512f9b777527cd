//! Edits narrow a draft or are refused; nothing widens it.

use proptest::prelude::*;
use step_authority::keys::KeySpec;
use step_authority::{
    DraftError, Edit, EditError, Grant, KeyUsage, Note, ObjectIdentifier, Profile, Provenance, Validity, oid,
};

use crate::harness::{DAY, NOW, TestCa, at, grant, names, one_day, request, validity};

const TEN_YEARS: i64 = 87_600 * 3600;

#[test]
fn a_validity_is_cut_to_the_backdate_and_the_end_of_the_issuer_and_noted() {
    let ca = TestCa::new();
    for (asked, given, notes) in [
        (validity(-60, TEN_YEARS), validity(-60, TEN_YEARS), vec![]),
        (
            validity(-61, TEN_YEARS + 1),
            validity(-60, TEN_YEARS),
            vec![
                Note::NotBackdatedFurther { asked: at(-61), given: at(-60) },
                Note::EndsWithIssuer { asked: at(TEN_YEARS + 1), given: at(TEN_YEARS) },
            ],
        ),
        (validity(DAY, 2 * DAY), validity(DAY, 2 * DAY), vec![]),
    ] {
        let mut draft = ca.draft_for("host");
        draft.apply(Edit::SetValidity(asked)).unwrap();
        assert_eq!(draft.validity(), Some(given));
        assert_eq!(draft.notes(), notes);
        assert_eq!(draft.approve(NOW).unwrap().validity(), given);
    }
}

#[test]
fn a_validity_that_is_reversed_out_of_range_or_over_is_refused() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    let last = step_authority::Timestamp::LAST;
    for (asked, expected) in [
        (validity(1, 0), EditError::ReversedValidity { not_before: at(1), not_after: at(0) }),
        (
            Validity { not_before: NOW, not_after: step_authority::Timestamp::from_unix(last.as_unix() + 1) },
            EditError::TimeOutOfRange { time: step_authority::Timestamp::from_unix(last.as_unix() + 1) },
        ),
        (validity(-100, -61), EditError::NoTimeLeft { earliest: at(-60), latest: at(TEN_YEARS) }),
        (validity(TEN_YEARS + 1, TEN_YEARS + 2), EditError::NoTimeLeft { earliest: at(-60), latest: at(TEN_YEARS) }),
    ] {
        assert_eq!(draft.apply(Edit::SetValidity(asked)), Err(expected));
        assert_eq!(draft.validity(), None);
    }
    assert!(draft.apply(Edit::SetValidity(Validity { not_before: NOW, not_after: last })).is_ok());
}

#[test]
fn a_validity_stays_within_what_the_credential_allows() {
    let ca = TestCa::new();
    let bounded = Grant { not_before: Some(at(-10)), not_after: Some(at(DAY)), ..grant("host", &["host"]) };
    let draft = ca.draft(&request("host", &["host"]), bounded);
    for (asked, is_allowed) in [
        (validity(-10, DAY), true),
        (validity(0, 1), true),
        (validity(-11, DAY), false),
        (validity(-10, DAY + 1), false),
    ] {
        let mut draft = draft.clone();
        assert_eq!(draft.apply(Edit::SetValidity(asked)).is_ok(), is_allowed, "{asked:?}");
    }
}

#[test]
fn a_validity_that_is_set_can_only_be_shortened() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::SetValidity(validity(0, 100))).unwrap();
    for wider in [validity(-1, 100), validity(0, 101)] {
        let refused = draft.apply(Edit::SetValidity(wider)).unwrap_err();
        assert_eq!(refused, EditError::LongerValidity { current: validity(0, 100) });
    }
    draft.apply(Edit::SetValidity(validity(1, 99))).unwrap();
    assert_eq!(draft.validity(), Some(validity(1, 99)));
}

#[test]
fn a_name_can_be_removed_but_not_the_last_and_not_one_that_is_not_there() {
    let ca = TestCa::new();
    let mut draft = ca.draft(&request("a", &[]), grant("a", &["a", "b", "10.0.0.1"]));
    assert_eq!(draft.apply(Edit::RemoveName("c".into())), Err(EditError::UnknownName { name: "c".into() }));
    draft.apply(Edit::RemoveName("10.0.0.1".into())).unwrap();
    draft.apply(Edit::RemoveName("b".into())).unwrap();
    assert_eq!(draft.apply(Edit::RemoveName("a".into())), Err(EditError::LastName));
    let leaf = ca.sign(draft).certificate().clone();
    assert_eq!(leaf.subject_alt_names().unwrap(), &names(&["a"]));
    assert_eq!(leaf.subject().common_name(), Some("a"));
}

#[test]
fn a_removed_name_is_not_left_in_the_common_name() {
    let ca = TestCa::new();
    let mut draft = ca.draft(&request("A", &[]), grant("A", &["A", "b"]));
    draft.apply(Edit::RemoveName("a".into())).unwrap();
    let leaf = ca.sign(draft).certificate().clone();
    assert!(leaf.subject().is_empty());
    assert_eq!(leaf.subject_alt_names().unwrap(), &names(&["b"]));
    assert!(leaf.extensions().iter().any(|extension| extension.oid == oid::SUBJECT_ALT_NAME && extension.critical));
}

#[test]
fn usages_can_be_taken_away_but_not_given_and_not_all_taken() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    assert_eq!(draft.apply(Edit::RestrictKeyUsage(KeyUsage::KEY_CERT_SIGN)), Err(EditError::LastKeyUsage));
    draft.apply(Edit::RestrictKeyUsage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN)).unwrap();
    assert_eq!(draft.key_usage(), KeyUsage::DIGITAL_SIGNATURE);
    let code_signing = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
    assert_eq!(draft.apply(Edit::RestrictExtKeyUsage(vec![])), Err(EditError::LastExtKeyUsage));
    assert_eq!(draft.apply(Edit::RestrictExtKeyUsage(vec![code_signing])), Err(EditError::LastExtKeyUsage));
    draft.apply(Edit::RestrictExtKeyUsage(vec![code_signing, oid::CLIENT_AUTH])).unwrap();
    let leaf = ca.sign(draft).certificate().clone();
    assert_eq!(leaf.ext_key_usages(), [oid::CLIENT_AUTH]);
    assert_eq!(leaf.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
}

#[test]
fn an_extension_can_be_added_but_none_of_the_cores_own() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    let oid = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    let add = |oid, value: &[u8]| Edit::AddExtension { oid, value: value.to_vec() };
    for reserved in [
        "2.5.29.14",
        "2.5.29.15",
        "2.5.29.17",
        "2.5.29.18",
        "2.5.29.19",
        "2.5.29.30",
        "2.5.29.33",
        "2.5.29.35",
        "2.5.29.36",
        "2.5.29.37",
        "2.5.29.54",
        "1.3.6.1.4.1.37476.9000.64.1",
    ] {
        let oid = ObjectIdentifier::new_unwrap(reserved);
        assert_eq!(draft.apply(add(oid, &[5, 0])), Err(EditError::ReservedExtension { oid }));
    }
    for value in [&[][..], &[5], &[5, 0, 0], &[0x30, 0x80, 0, 0]] {
        assert_eq!(draft.apply(add(oid, value)), Err(EditError::MalformedExtension { oid }), "{value:?}");
    }
    draft.apply(add(oid, &[5, 0])).unwrap();
    assert_eq!(draft.apply(add(oid, &[5, 0])), Err(EditError::DuplicateExtension { oid }));
    let leaf = ca.sign(draft).certificate().clone();
    let [.., added, provisioner] = leaf.extensions() else { panic!("too few extensions") };
    assert_eq!((added.oid, added.critical, added.value.as_slice()), (oid, false, &[5, 0][..]));
    assert_eq!(provisioner.oid, oid::STEP_PROVISIONER);
}

#[test]
fn what_a_certificate_comes_of_is_stated_by_nobody_else() {
    let oid = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.2");
    let ca = TestCa::with(KeySpec::EcP256, Profile { provenance: Some(oid), ..Profile::default() });
    let mut draft = ca.draft_for("host");
    let edit = Edit::AddExtension { oid, value: vec![5, 0] };
    assert_eq!(draft.apply(edit.clone()), Err(EditError::ReservedExtension { oid }));
    let of = |decision: &str| Provenance { decision: decision.to_owned(), modules: vec![[7; 32]] };
    draft.state_provenance(|| of("first"));
    draft.state_provenance(|| of("second"));
    assert_eq!(draft.apply(edit), Err(EditError::ReservedExtension { oid }));
    let leaf = ca.sign(draft).certificate().clone();
    let stated: Vec<_> = leaf.extensions().iter().filter(|extension| extension.oid == oid).collect();
    let [stated] = stated[..] else { panic!("{stated:?}") };
    assert_eq!((stated.critical, &stated.value), (false, &of("second").encode()));
    assert_eq!(leaf.extensions().last().unwrap().oid, oid::STEP_PROVISIONER);
}

#[test]
fn nobody_asks_what_a_certificate_comes_of_unless_the_profile_has_it_stated() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    draft.state_provenance(|| panic!("nobody wants to know"));
    assert_eq!(ca.sign(draft).certificate().extensions().len(), 6);
}

#[test]
fn a_refused_edit_leaves_the_draft_as_it_was() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::SetValidity(one_day())).unwrap();
    let before = format!("{draft:?}");
    for edit in [
        Edit::SetValidity(validity(-60, DAY + 1)),
        Edit::RemoveName("host".into()),
        Edit::RestrictKeyUsage(KeyUsage::empty()),
        Edit::RestrictExtKeyUsage(vec![]),
        Edit::AddExtension { oid: oid::BASIC_CONSTRAINTS, value: vec![0x30, 0] },
    ] {
        assert!(draft.apply(edit.clone()).is_err(), "{edit:?}");
        assert_eq!(format!("{draft:?}"), before);
    }
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let seconds = || prop_oneof![-200_i64..200, (TEN_YEARS - 100)..(TEN_YEARS + 100)];
    prop_oneof![
        (seconds(), seconds()).prop_map(|(from, to)| Edit::SetValidity(validity(from, to))),
        "[a-e]|10\\.0\\.0\\.1".prop_map(Edit::RemoveName),
        any::<u16>().prop_map(|bits| Edit::RestrictKeyUsage(KeyUsage::from_bits(bits))),
        prop::collection::vec(1_u8..5, 0..3).prop_map(|usages| {
            let usage = |last: u8| ObjectIdentifier::new(&format!("1.3.6.1.5.5.7.3.{last}")).unwrap();
            Edit::RestrictExtKeyUsage(usages.into_iter().map(usage).collect())
        }),
        (14_u8..40).prop_map(|last| Edit::AddExtension {
            oid: ObjectIdentifier::new(&format!("2.5.29.{last}")).unwrap(),
            value: vec![5, 0],
        }),
    ]
}

#[test]
fn whatever_is_edited_the_draft_never_gets_wider() {
    let ca = TestCa::new();
    let first = ca.draft(&request("a", &[]), grant("a", &["a", "b", "c", "10.0.0.1"]));
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) };
    proptest!(config, |(edits in prop::collection::vec(any_edit(), 0..6))| {
        let mut draft = first.clone();
        for edit in edits {
            let before = draft.clone();
            let _ = draft.apply(edit);
            prop_assert!(draft.subject_alt_names().is_subset_of(before.subject_alt_names()));
            prop_assert!(before.key_usage().contains(draft.key_usage()));
            prop_assert!(draft.ext_key_usages().iter().all(|usage| before.ext_key_usages().contains(usage)));
            if let (Some(before), Some(now)) = (before.validity(), draft.validity()) {
                prop_assert!(before.encloses(&now));
            }
        }
        match draft.approve(NOW) {
            Ok(approved) => {
                prop_assert!(approved.validity().not_after <= at(TEN_YEARS));
                prop_assert!(approved.validity().not_before >= at(-60));
                prop_assert!(!approved.draft().subject_alt_names().is_empty());
                prop_assert!(!approved.draft().extensions().any(|extension| extension.oid == oid::BASIC_CONSTRAINTS));
            }
            Err(DraftError::NoValidity | DraftError::Expired { .. }) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    });
}
