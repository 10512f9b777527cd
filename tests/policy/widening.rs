//! What no check may do, whatever it answers.

use authority::Timestamp;
use policy_runtime::contract::{
    check::Edit,
    types::{Extension, KeyUsage, Validity},
};
use serde_json::json;
use step_tests::TestCa;

use crate::stand::Stand;

const CORPORATE: &str = "1.3.6.1.4.1.99999.7";

fn extension(oid: &str, critical: bool) -> Edit {
    Edit::AddExtension(Extension { oid: oid.into(), critical, value: vec![0x05, 0] })
}

fn fails(edit: Edit, why: &str) {
    Stand::with_edits(&[edit], json!({})).fails(why);
}

#[test]
fn an_extension_is_added_with_a_grant_or_not_at_all() {
    fails(extension(CORPORATE, false), "it adds extension 1.3.6.1.4.1.99999.7, which ca.json does not grant");
    fails(extension("2.5.29.19", false), "it adds extension 2.5.29.19, which ca.json does not grant");
    fails(extension("not an oid", false), "it adds extension not an oid, which ca.json does not grant");
    let granted = json!({"grants": {"extensions": [CORPORATE]}});
    Stand::with_edits(&[extension(CORPORATE, true)], granted.clone()).fails("as critical");
    let twice = [extension(CORPORATE, false), extension(CORPORATE, false)];
    Stand::with_edits(&twice, granted.clone()).fails("is there already");
    let broken = Extension { oid: CORPORATE.into(), critical: false, value: vec![0x30, 200, 1] };
    Stand::with_edits(&[Edit::AddExtension(broken)], granted).fails("is not one DER value");
}

#[test]
fn extensions_the_core_answers_for_cannot_be_granted_or_are_refused_all_the_same() {
    for oid in ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.35", "1.3.6.1.4.1.37476.9000.64.1"] {
        let module = step_tests::fixed::check(&Ok(vec![extension(oid, false)]));
        let builder = TestCa::build().module_with("corp", &module, json!({"grants": {"extensions": [oid]}}));
        let provisioner = step_tests::Second::new("guarded@example.com");
        match builder.provisioner(crate::stand::guarded(&provisioner, &["corp"])).try_start() {
            Err(error) => assert!(error.contains("policies.corp.grants.extensions"), "{oid}: {error}"),
            Ok(ca) => Stand { ca, provisioner }.fails("the authority's own"),
        }
    }
}

#[test]
fn a_validity_is_not_lengthened() {
    let now = TestCa::build().now().as_unix();
    for (validity, why) in [
        (Validity { not_before: now, not_after: now + 200_000 }, "the validity can only be shortened"),
        (Validity { not_before: now, not_after: Timestamp::LAST.as_unix() }, "the validity can only be shortened"),
        (Validity { not_before: now + 600, not_after: now }, "cannot be before"),
        (Validity { not_before: i64::MIN, not_after: i64::MAX }, "cannot be written into a certificate"),
    ] {
        fails(Edit::SetValidity(validity), why);
    }
}

#[test]
fn nothing_is_left_of_a_certificate_without_names_or_usages() {
    fails(Edit::RemoveSubjectAltName("c.example".into()), "there is no name \"c.example\" to remove");
    fails(Edit::RemoveSubjectAltName(String::new()), "there is no name \"\" to remove");
    let both = ["a.example", "b.example"].map(|name| Edit::RemoveSubjectAltName(name.into()));
    Stand::with_edits(&both, json!({})).fails("the last name cannot be removed");
    fails(Edit::RestrictKeyUsage(KeyUsage::empty()), "no key usage would be left");
    fails(Edit::RestrictKeyUsage(KeyUsage::KEY_CERT_SIGN), "no key usage would be left");
    fails(Edit::RestrictExtKeyUsage(vec![]), "no extended key usage would be left");
    fails(Edit::RestrictExtKeyUsage(vec!["1.3.6.1.5.5.7.3.3".into()]), "no extended key usage would be left");
    fails(Edit::RestrictExtKeyUsage(vec!["everything".into()]), "is not an object identifier");
}
