//! Lists of certificates: who is in them, in which order, and how they are cut.

use authority::RevocationReason;

use super::*;
use crate::store::{CertificateQuery, NameCondition, Page, Reader, Standing};

const ALL: Page = Page { before: None, limit: 100 };

/// A certificate that differs from the others in what questions are about.
fn issued(n: u64, change: impl FnOnce(&mut CertificateRecord)) -> Issuance {
    let mut certificate = certificate(n);
    change(&mut certificate);
    let asked = Entry { time: after(i64::try_from(n).unwrap()), ..entry(Came::Issued) };
    Issuance::new(Some(token(n)), certificate, KEY, asked)
}

fn revocation(n: u64) -> Revocation {
    let record = RevocationRecord {
        serial_number: serial(n),
        revoked_at: NOW,
        reason: RevocationReason::Superseded,
        reason_text: "a newer one is there".to_owned(),
        provisioner: "ci".to_owned(),
        revoked_by: "host".to_owned(),
        not_after: after(86_400),
        compromised_key: None,
    };
    let id = "decision".to_owned();
    Revocation::new(None, record, Entry::new(id, NOW, "request".to_owned(), Asked::Revoke, Came::Revoked))
}

/// Serial numbers on a page, as they are counted here.
fn numbers(page: &CertificatePage) -> Vec<u64> {
    let number = |octets: &[u8; 20]| octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
    page.certificates.iter().map(|dossier| number(dossier.certificate.serial_number.as_bytes())).collect()
}

/// Six certificates: 3 of another provisioner and module, 4 short-lived, 5 with several names, 2 and 3 revoked.
async fn six(store: &Embedded) {
    let module = Module { name: "corp".to_owned(), sha256: Digest::of(&[b"corp"]) };
    for n in 1..=6 {
        let issuance = issued(n, |certificate| match n {
            3 => {
                certificate.provisioner = "other".to_owned();
                certificate.policies.push(module.clone());
            }
            4 => certificate.validity.not_after = after(60),
            5 => certificate.names = vec!["A.example".to_owned(), "mail@b.example".to_owned(), "say \"x\"".to_owned()],
            _ => {}
        });
        store.record(issuance).await.unwrap();
    }
    for n in [2, 3] {
        store.revoke(revocation(n)).await.unwrap();
    }
}

#[test]
fn every_condition_narrows_a_list_and_all_of_them_hold() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        six(&store).await;
        let none = CertificateQuery::default();
        let name = |text: &str| Some(NameCondition::Contains(text.to_owned()));
        let exact = |text: &str| Some(NameCondition::Is(text.to_owned()));
        let now = after(3_600);
        for (query, expected) in [
            (none.clone(), vec![6, 5, 4, 3, 2, 1]),
            (CertificateQuery { name: name("HOST"), ..none.clone() }, vec![6, 5, 4, 3, 2, 1]),
            (CertificateQuery { name: name("a.EXAMPLE"), ..none.clone() }, vec![5]),
            (CertificateQuery { name: name("say \"x"), ..none.clone() }, vec![5]),
            // What stands between names is in none of them, and what a pattern would mean is meant as it is.
            (CertificateQuery { name: name("\",\""), ..none.clone() }, vec![]),
            (CertificateQuery { name: name("%"), ..none.clone() }, vec![]),
            (CertificateQuery { name: exact("a.example"), ..none.clone() }, vec![5]),
            (CertificateQuery { name: exact("example"), ..none.clone() }, vec![]),
            (CertificateQuery { name: exact("host2.example"), ..none.clone() }, vec![2]),
            (CertificateQuery { serial_number: Some(serial(4)), ..none.clone() }, vec![4]),
            (CertificateQuery { serial_number: Some(serial(9)), ..none.clone() }, vec![]),
            (CertificateQuery { provisioner: Some("other".to_owned()), ..none.clone() }, vec![3]),
            (CertificateQuery { provisioner: Some("othe".to_owned()), ..none.clone() }, vec![]),
            (CertificateQuery { module: Some(Digest::of(&[b"corp"])), ..none.clone() }, vec![3]),
            (CertificateQuery { module: Some(Digest::of(&[b"wasm"])), ..none.clone() }, vec![6, 5, 4, 3, 2, 1]),
            (CertificateQuery { expires_before: Some(after(61)), ..none.clone() }, vec![4]),
            (CertificateQuery { expires_before: Some(after(60)), ..none.clone() }, vec![]),
            (CertificateQuery { expires_after: Some(after(60)), ..none.clone() }, vec![6, 5, 3, 2, 1]),
            (CertificateQuery { issued_since: Some(after(5)), ..none.clone() }, vec![6, 5]),
            (CertificateQuery { issued_before: Some(after(2)), ..none.clone() }, vec![1]),
            (CertificateQuery { standing: Some(Standing::Revoked), ..none.clone() }, vec![3, 2]),
            (CertificateQuery { standing: Some(Standing::Live { now }), ..none.clone() }, vec![6, 5, 1]),
            (CertificateQuery { standing: Some(Standing::Expired { now }), ..none.clone() }, vec![4]),
            (
                CertificateQuery {
                    standing: Some(Standing::Revoked),
                    provisioner: Some("ci".to_owned()),
                    ..none.clone()
                },
                vec![2],
            ),
        ] {
            let page = store.certificates(query.clone(), ALL).await.unwrap();
            assert_eq!(numbers(&page), expected, "{query:?}");
            assert_eq!(page.next, None);
        }
    });
}

#[test]
fn a_certificate_comes_with_its_decision_and_its_revocation() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        six(&store).await;
        let page = store.certificates(CertificateQuery::default(), ALL).await.unwrap();
        for (dossier, n) in page.certificates.iter().zip([6, 5, 4, 3, 2, 1]) {
            assert_eq!(dossier.decision.serial_number, Some(dossier.certificate.serial_number));
            assert_eq!(dossier.decision.time, after(n));
            let reason = dossier.revocation.as_ref().map(|revocation| revocation.reason);
            assert_eq!(reason, [2, 3].contains(&n).then_some(RevocationReason::Superseded), "{n}");
        }
    });
}

#[test]
fn pages_follow_each_other_and_what_is_issued_meanwhile_shifts_nothing() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        six(&store).await;
        let (mut seen, mut page) = (Vec::new(), Page { before: None, limit: 4 });
        loop {
            let found = store.certificates(CertificateQuery::default(), page).await.unwrap();
            assert!(found.certificates.len() <= 4);
            seen.extend(numbers(&found));
            // The newest is on no later page.
            store.record(issued(100 + seen.len() as u64, |_| {})).await.unwrap();
            match found.next {
                Some(next) => page.before = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, [6, 5, 4, 3, 2, 1]);
    });
}

#[test]
fn a_page_looks_at_so_many_records_and_says_where_to_go_on() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        six(&store).await;
        // As if so many lay between the first five and the last.
        let far = limits::LIST_SCAN + 6;
        let other = Connection::open(&path).unwrap();
        other.execute("UPDATE certificates SET number = ?1 WHERE number = 6", [far]).unwrap();
        let name = Some(NameCondition::Is("host1.example".to_owned()));
        let query = CertificateQuery { name, ..CertificateQuery::default() };
        let mut page = ALL;
        let mut found = Vec::new();
        for _ in 0..2 {
            let answer = store.certificates(query.clone(), page).await.unwrap();
            found.extend(numbers(&answer));
            page.before = answer.next;
        }
        assert_eq!((found, page.before), (vec![1], None));
    });
}

#[test]
fn a_page_ends_early_when_its_certificates_are_large() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        for n in 1..=3 {
            let large = issued(n, |certificate| certificate.der = vec![7; limits::LISTED_OCTETS / 2]);
            store.record(large).await.unwrap();
        }
        let page = store.certificates(CertificateQuery::default(), ALL).await.unwrap();
        assert_eq!((numbers(&page), page.next), (vec![3, 2], Some(2)));
        let rest = store.certificates(CertificateQuery::default(), Page { before: page.next, ..ALL }).await.unwrap();
        assert_eq!((numbers(&rest), rest.next), (vec![1], None));
    });
}

#[test]
fn others_read_while_a_server_writes() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        assert!(Reader::open(&path).is_err());
        assert!(!path.parent().unwrap().exists(), "a reader makes nothing");
        let store = open_at(&path);
        six(&store).await;
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.check().unwrap(), store.check().await.unwrap());
        store.record(issued(7, |_| {})).await.unwrap();
        let page = reader.certificates(&CertificateQuery::default(), Page { before: None, limit: 1 }).unwrap();
        assert_eq!((numbers(&page), page.next), (vec![7], Some(7)));
    });
}

#[test]
fn a_record_that_was_changed_is_damage_and_not_listed() {
    let (_folder, path) = folder();
    runtime().block_on(async {
        let store = open_at(&path);
        six(&store).await;
        let other = Connection::open(&path).unwrap();
        other.execute("UPDATE certificates SET provisioner = 'mine' WHERE number = 5", []).unwrap();
        let error = store.certificates(CertificateQuery::default(), ALL).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged(crate::store::Damage::Certificate { number: 5 })), "{error}");
    });
}
