//! What no check may do, whatever it answers.

use authority::Timestamp;
use policy_runtime::contract::{
    check::Edit,
    types::{Extension, KeyUsage, Validity},
};
use serde_json::{Value, json};

use crate::stand::Crowd;

const CORPORATE: &str = "1.3.6.1.4.1.99999.7";

fn extension(oid: &str, critical: bool) -> Edit {
    Edit::AddExtension(Extension { oid: oid.into(), critical, value: vec![0x05, 0] })
}

/// Checks with these edits and grants fail for these reasons.
#[track_caller]
fn fail(crowd: Crowd, cases: Vec<(Vec<Edit>, Value, &str)>) {
    let reasons: Vec<&str> = cases.iter().map(|(_, _, reason)| *reason).collect();
    let crowd = cases.into_iter().fold(crowd, |crowd, (edits, members, _)| crowd.with(&Ok(edits), members));
    crowd.all_fail(&reasons);
}

#[test]
fn an_extension_is_added_with_a_grant_or_not_at_all() {
    let granted = json!({"grants": {"extensions": [CORPORATE]}});
    let broken = Extension { oid: CORPORATE.into(), critical: false, value: vec![0x30, 200, 1] };
    let twice = vec![extension(CORPORATE, false), extension(CORPORATE, false)];
    let cases = vec![
        (vec![extension(CORPORATE, false)], json!({}), "it adds extension 1.3.6.1.4.1.99999.7, which ca.json does not"),
        (vec![extension("2.5.29.19", false)], json!({}), "it adds extension 2.5.29.19, which ca.json does not grant"),
        (vec![extension("not an oid", false)], json!({}), "it adds extension not an oid, which ca.json does not grant"),
        (vec![extension(CORPORATE, true)], granted.clone(), "as critical"),
        (twice, granted.clone(), "is there already"),
        (vec![Edit::AddExtension(broken)], granted, "is not one DER value"),
    ];
    fail(Crowd::new(), cases);
}

#[test]
fn extensions_the_core_answers_for_are_refused_although_they_are_granted() {
    let reserved = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.35", "1.3.6.1.4.1.37476.9000.64.1"];
    let case = |oid| (vec![extension(oid, false)], json!({"grants": {"extensions": [oid]}}), "the authority's own");
    fail(Crowd::new(), reserved.into_iter().map(case).collect());
}

#[test]
fn a_validity_is_not_lengthened() {
    let crowd = Crowd::new();
    let now = crowd.now();
    let case = |not_before, not_after, reason| {
        (vec![Edit::SetValidity(Validity { not_before, not_after })], json!({}), reason)
    };
    let cases = vec![
        case(now, now + 200_000, "the validity can only be shortened"),
        case(now, Timestamp::LAST.as_unix(), "the validity can only be shortened"),
        case(now + 600, now, "cannot be before"),
        case(i64::MIN, i64::MAX, "cannot be written into a certificate"),
    ];
    fail(crowd, cases);
}

#[test]
fn something_is_always_left_of_a_certificate() {
    let one = |edit, reason| (vec![edit], json!({}), reason);
    let both = ["a.example", "b.example"].map(|name| Edit::RemoveSubjectAltName(name.into()));
    let cases = vec![
        one(Edit::RemoveSubjectAltName("c.example".into()), "there is no name \"c.example\" to remove"),
        one(Edit::RemoveSubjectAltName(String::new()), "there is no name \"\" to remove"),
        (both.to_vec(), json!({}), "the last name cannot be removed"),
        one(Edit::RestrictKeyUsage(KeyUsage::empty()), "no key usage would be left"),
        one(Edit::RestrictKeyUsage(KeyUsage::KEY_CERT_SIGN), "no key usage would be left"),
        one(Edit::RestrictExtKeyUsage(vec![]), "no extended key usage would be left"),
        one(Edit::RestrictExtKeyUsage(vec!["1.3.6.1.5.5.7.3.3".into()]), "no extended key usage would be left"),
        one(Edit::RestrictExtKeyUsage(vec!["everything".into()]), "is not an object identifier"),
    ];
    fail(Crowd::new(), cases);
}
