//! Renewals: whatever a certificate says, the next one says, too.

use std::sync::Arc;

use authority::Certificate;
use proptest::prelude::*;
use step_ca::routes::{ClientCredential, RenewCall, RequestId, Service};
use step_tests::Csr;

use crate::doors::{Door, Reply, cases};

/// Good names of every kind, none of them the same.
fn names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        4 => "[a-z]{1,6}\\.example",
        1 => "10\\.[0-9]\\.[0-9]\\.[0-9]",
        1 => "[a-z]{1,4}@[a-z]{1,4}\\.example",
        1 => "spiffe://[a-z]{1,4}\\.example/[a-z]{0,4}",
        1 => "\\*\\.[a-z]{1,3}\\.example",
    ];
    proptest::collection::vec(name, 1..8)
}

#[test]
fn a_renewal_keeps_names_key_usages_and_every_extension_but_those_of_its_issuer() {
    let door = Door::shared();
    proptest!(cases(150), |(names in names())| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let token = door.ca.token("holder").sans(&names).sign();
        let Reply::Issued(pem) = door.knock(&Csr::new("holder", &[]).pem, &token) else {
            return Err(TestCaseError::fail(format!("{names:?} is not issued")));
        };
        let old = Certificate::from_pem(&pem).unwrap();
        let chain: Arc<[_]> = Arc::from(vec![old.der().to_vec().into()]);
        let call = RenewCall { credential: ClientCredential::Chain(chain), request_id: RequestId::fresh(), peer: None };
        let renewed = door.ca.block_on(async { door.ca.app().renew(call).await }).map_err(|refused| {
            TestCaseError::fail(format!("{names:?}: {}", refused.message))
        })?;
        door.count(1);
        let new = Certificate::from_pem(&renewed.leaf).unwrap();
        prop_assert_eq!(new.subject_alt_names().unwrap(), old.subject_alt_names().unwrap());
        prop_assert_eq!(new.subject(), old.subject());
        prop_assert_eq!(new.public_key(), old.public_key());
        prop_assert_eq!((new.key_usage(), new.ext_key_usages()), (old.key_usage(), old.ext_key_usages()));
        prop_assert_eq!(new.extensions(), old.extensions());
        prop_assert_ne!(new.serial_number(), old.serial_number());
        let length = |certificate: &Certificate| certificate.validity().duration();
        prop_assert!(length(&new) <= length(&old));
    });
}
