//! Modules: damaged, and answering at random.

use policy_runtime::{
    Runtime, RuntimeConfig,
    contract::{
        check::Edit,
        types::{Denial, DenialKind, Extension, KeyUsage, Validity},
    },
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::json;
use step_tests::{Second, TestCa, fixed};

use crate::{doors::cases, mutations::mutated};

#[test]
fn a_damaged_module_is_loaded_or_refused_and_nothing_breaks() {
    let runtime = Runtime::new(RuntimeConfig::default()).unwrap();
    proptest!(cases(200), |(mutation in mutated(), place: prop::sample::Index)| {
        let module = fixed::check(&Ok(vec![Edit::Annotate(("key".into(), "value".into()))]));
        let damaged = mutation.apply(&module, place);
        if let Err(fault) = runtime.load("damaged", &damaged) {
            prop_assert!(!fault.to_string().is_empty());
        }
    });
}

#[test]
fn random_octets_are_no_module() {
    let runtime = Runtime::new(RuntimeConfig::default()).unwrap();
    proptest!(cases(200), |(octets in proptest::collection::vec(any::<u8>(), 0..400), is_wasm: bool)| {
        let magic = if is_wasm { b"\0asm\x01\0\0\0".to_vec() } else { Vec::new() };
        prop_assert!(runtime.load("random", &[magic, octets].concat()).is_err());
    });
}

fn edit(now: i64) -> impl Strategy<Value = Edit> {
    let oid = prop_oneof![Just("2.5.29.19".to_owned()), Just("1.3.6.1.4.1.99999.1".to_owned()), "[0-9.]{0,12}"];
    prop_oneof![
        (any::<i64>(), any::<i64>())
            .prop_map(|(not_before, not_after)| Edit::SetValidity(Validity { not_before, not_after })),
        (-200_i64..200, -200_i64..200_000).prop_map(move |(begin, end)| {
            Edit::SetValidity(Validity { not_before: now + begin, not_after: now + end })
        }),
        prop_oneof!["[ab]\\.example", ".{0,10}"].prop_map(Edit::RemoveSubjectAltName),
        (0_u16..512).prop_map(|bits| Edit::RestrictKeyUsage(usage(bits))),
        proptest::collection::vec(prop_oneof![Just("1.3.6.1.5.5.7.3.1".to_owned()), "[0-9.]{0,10}"], 0..3)
            .prop_map(Edit::RestrictExtKeyUsage),
        (oid, any::<bool>(), proptest::collection::vec(any::<u8>(), 0..8))
            .prop_map(|(oid, critical, value)| Edit::AddExtension(Extension { oid, critical, value })),
        (".{0,10}", ".{0,10}").prop_map(Edit::Annotate),
    ]
}

fn usage(bits: u16) -> KeyUsage {
    let all = [
        KeyUsage::DIGITAL_SIGNATURE,
        KeyUsage::CONTENT_COMMITMENT,
        KeyUsage::KEY_ENCIPHERMENT,
        KeyUsage::DATA_ENCIPHERMENT,
        KeyUsage::KEY_AGREEMENT,
        KeyUsage::KEY_CERT_SIGN,
        KeyUsage::CRL_SIGN,
        KeyUsage::ENCIPHER_ONLY,
        KeyUsage::DECIPHER_ONLY,
    ];
    let chosen = all.into_iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
    chosen.fold(KeyUsage::empty(), |usage, (_, flag)| usage | flag)
}

fn answer(now: i64) -> impl Strategy<Value = Result<Vec<Edit>, Denial>> {
    let denial = ".{0,30}".prop_map(|message| Denial {
        kind: DenialKind::Forbidden,
        message,
        reasons: vec![],
        public_message: None,
        details: vec![],
    });
    prop_oneof![6 => proptest::collection::vec(edit(now), 0..4).prop_map(Ok), 1 => denial.prop_map(Err)]
}

/// The order of checks and what the others say makes no difference to a refusal.
#[test]
fn a_check_that_refuses_is_not_overruled_by_any_other() {
    let mut runner = TestRunner::default();
    let mut builder = TestCa::build();
    let now = builder.now().as_unix();
    let denial = Denial {
        kind: DenialKind::Forbidden,
        message: "never".into(),
        reasons: vec![],
        public_message: None,
        details: vec![],
    };
    builder = builder.module("never", &fixed::check(&Err(denial)));
    let provisioners: Vec<Second> = (0..30).map(|_| Second::new("guarded")).collect();
    for (number, provisioner) in provisioners.iter().enumerate() {
        let answer = answer(now).new_tree(&mut runner).unwrap().current();
        let name = format!("any{number}");
        let mut object = provisioner.object();
        object["name"] = name.as_str().into();
        object["policies"] = if number % 2 == 0 { json!([name, "never"]) } else { json!(["never", name]) };
        builder = builder.module(&name, &fixed::check(&answer)).provisioner(object);
    }
    let ca = builder.start();
    for (number, provisioner) in provisioners.iter().enumerate() {
        let token = ca.token_of(&format!("any{number}"), &provisioner.key, "a.example");
        let status = ca.try_token(&token, "a.example").status;
        // A fault of the one before it may come first; a certificate never does.
        assert!([403, 400, 500].contains(&status), "{number}: {status}");
    }
}

/// Many checks in one CA: each is asked once with it, and the certificate it lets pass is compared with the one that
/// is issued without it.
#[test]
fn whatever_a_check_answers_what_is_issued_is_no_more_than_without_it() {
    let mut runner = TestRunner::default();
    let builder = TestCa::build();
    let now = builder.now().as_unix();
    let provisioners: Vec<Second> = (0..60).map(|_| Second::new("guarded")).collect();
    let mut builder = builder;
    for (number, provisioner) in provisioners.iter().enumerate() {
        let answer = answer(now).new_tree(&mut runner).unwrap().current();
        let name = format!("random{number}");
        let mut object = provisioner.object();
        object["name"] = name.as_str().into();
        object["policies"] = json!([name]);
        builder = builder.module(&name, &fixed::check(&answer)).provisioner(object);
    }
    let ca = builder.start();
    let names = ["a.example", "b.example"];
    let without = ca.try_token_for(&ca.token("a.example").sans(&names), "a.example", &names).expect(201).certificate();
    let (mut issued, mut refused, mut failed) = (0, 0, 0);
    for (number, provisioner) in provisioners.iter().enumerate() {
        let token = ca.token_of(&format!("random{number}"), &provisioner.key, "a.example").sans(&names);
        let answer = ca.try_token_for(&token, "a.example", &names);
        match answer.status {
            201 => issued += 1,
            403 | 400 => refused += 1,
            500 => failed += 1,
            other => panic!("{other}: {}", answer.text()),
        }
        if answer.status != 201 {
            continue;
        }
        let with = answer.certificate();
        let (validity, widest) = (with.validity(), without.validity());
        assert!(widest.not_before <= validity.not_before && validity.not_after <= widest.not_after);
        assert!(with.subject_alt_names().unwrap().is_subset_of(without.subject_alt_names().unwrap()));
        assert!(without.key_usage().unwrap().contains(with.key_usage().unwrap()));
        assert!(with.ext_key_usages().iter().all(|usage| without.ext_key_usages().contains(usage)));
        assert!(!with.is_ca() && with.extensions().len() <= without.extensions().len());
    }
    println!("{issued} certificates, {refused} refusals, {failed} failures");
    assert!(issued > 0 && failed > 0);
}
