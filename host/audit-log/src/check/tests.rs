//! Files that were tampered with, in every way there is.

use authority::{
    Issuer, Timestamp,
    keys::{KeySpec, PrivateKey},
    pki,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::*;
use crate::{Link, chained};

const LOG: [u8; 16] = [7; 16];
const LINES: u64 = 400;

fn issuer() -> Issuer {
    let now = Timestamp::from_unix(1_800_000_000);
    let (root_key, key) =
        (PrivateKey::generate(KeySpec::EcP256).unwrap(), PrivateKey::generate(KeySpec::EcP256).unwrap());
    let root = pki::create_root("Root", &root_key, now).unwrap();
    let certificate = pki::create_intermediate("CA", &key, &root, &root_key, now).unwrap();
    Issuer::new(vec![certificate], Box::new(key)).unwrap()
}

/// Lines of a log, in order, from `after` on.
fn lines(after: Head, count: u64) -> (Vec<String>, Head) {
    let mut head = after;
    let lines = (after.sequence + 1..=after.sequence + count).map(|sequence| {
        let line = format!(r#"{{"sequence":{sequence},"id":"decision {sequence}","outcome":"issued"}}"#);
        head = head.append(&line);
        let mut text = String::new();
        chained(&Link { sequence, line, hash: head.hash }, &mut text);
        text
    });
    (lines.collect(), head)
}

fn file(log: [u8; 16], after: Head, lines: &[String]) -> Vec<u8> {
    let mut file = format!("{}\n", Beginning { log, after });
    file.extend(lines.iter().map(String::as_str));
    file.into_bytes()
}

fn signed(log: [u8; 16], head: Head) -> SignedHead {
    SignedHead::sign(log, head, Timestamp::from_unix(1_800_000_000), &issuer()).unwrap()
}

fn check(head: &SignedHead, files: &[&[u8]]) -> Result<Vec<Chain>, FlawError> {
    let mut check = Check::expecting([head.clone()]);
    for (number, mut contents) in files.iter().copied().enumerate() {
        check.file(&number.to_string(), &mut contents)?;
    }
    check.finish()
}

#[test]
fn a_file_is_followed_from_its_first_line_to_its_last() {
    let after = Head::genesis(&LOG);
    let (lines, end) = lines(after, LINES);
    let chains = check(&signed(LOG, end), &[&file(LOG, after, &lines)]).unwrap();
    assert_eq!(chains, [Chain { log: LOG, after, end, signed: Some(end) }]);
    assert_eq!(chains[0].lines(), LINES);
}

#[test]
fn rotated_files_are_followed_one_after_the_other() {
    let after = Head::genesis(&LOG);
    let (first, middle) = lines(after, 5);
    let (second, end) = lines(middle, 6);
    let (one, two) = (file(LOG, after, &first), file(LOG, middle, &second));
    let head = signed(LOG, end);
    assert_eq!(check(&head, &[&one, &two]).unwrap()[0].lines(), 11);
    assert_eq!(check(&head, &[&two]).unwrap()[0].lines(), 6);
    assert!(matches!(check(&head, &[&two, &one]).unwrap_err().flaw, Flaw::Gap { begins: 0, ended: 11 }));
    assert!(matches!(check(&head, &[&one]).unwrap_err().flaw, Flaw::Cut { found: 5, expected: 11 }));
    let old = signed(LOG, Head { sequence: 4, ..middle });
    assert!(matches!(check(&old, &[&two]).unwrap_err().flaw, Flaw::TooLate { sequence: 4 }));
}

#[test]
fn logs_of_replicas_are_told_apart() {
    let genesis = [Head::genesis(&LOG), Head::genesis(&[8; 16])];
    let (ours, theirs) = (lines(genesis[0], 3), lines(genesis[1], 4));
    let files = [file(LOG, genesis[0], &ours.0), file([8; 16], genesis[1], &theirs.0)];
    let head = signed([8; 16], theirs.1);
    let chains = check(&head, &[&files[0], &files[1]]).unwrap();
    assert_eq!(chains.iter().map(Chain::lines).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(chains.iter().map(|chain| chain.signed).collect::<Vec<_>>(), [None, Some(theirs.1)]);
    assert!(matches!(check(&head, &[&files[0]]).unwrap_err().flaw, Flaw::OtherLog));
}

#[test]
fn a_chain_that_was_computed_anew_is_found_by_the_signed_head() {
    let after = Head::genesis(&LOG);
    let (_, end) = lines(after, 9);
    let mut head = after;
    let forged = (1..=9).map(|sequence| {
        let line = format!(r#"{{"sequence":{sequence},"id":"another"}}"#);
        head = head.append(&line);
        let mut text = String::new();
        chained(&Link { sequence, line, hash: head.hash }, &mut text);
        text
    });
    let forged: Vec<String> = forged.collect();
    let error = check(&signed(LOG, end), &[&file(LOG, after, &forged)]).unwrap_err();
    assert!(matches!(error.flaw, Flaw::Forged { sequence: 9 }), "{error}");
}

#[test]
fn the_line_to_blame_is_named() {
    let after = Head::genesis(&LOG);
    let (mut lines, end) = lines(after, 9);
    lines[4] = lines[4].replacen("issued", "denied", 1);
    let error = check(&signed(LOG, end), &[&file(LOG, after, &lines)]).unwrap_err();
    assert_eq!(error.to_string(), "0:6: line 5 of the audit log was changed");
}

/// What somebody does to a file.
#[derive(Clone, Debug)]
enum Tampering {
    Flip(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Double(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index, prop::sample::Index),
    CutLines(prop::sample::Index),
    CutOctets(prop::sample::Index),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), 1_u8..=255).prop_map(|(at, mask)| Tampering::Flip(at, mask)),
        index().prop_map(Tampering::Remove),
        index().prop_map(Tampering::Double),
        (index(), index()).prop_map(|(one, other)| Tampering::Swap(one, other)),
        (index(), index()).prop_map(|(one, other)| Tampering::Insert(one, other)),
        index().prop_map(Tampering::CutLines),
        index().prop_map(Tampering::CutOctets),
    ]
}

/// The tampered file.
fn tampered(file: &[u8], tampering: &Tampering) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = file.split_inclusive(|&octet| octet == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    match tampering {
        Tampering::Flip(at, mask) => {
            let (mut file, at) = (file.to_vec(), at.index(file.len()));
            file[at] ^= mask;
            return file;
        }
        Tampering::Remove(at) => drop(lines.remove(at.index(count))),
        Tampering::Double(at) => lines.insert(at.index(count), lines[at.index(count)].clone()),
        Tampering::Swap(one, other) => lines.swap(one.index(count), other.index(count)),
        Tampering::Insert(one, other) => lines.insert(one.index(count), lines[other.index(count)].clone()),
        Tampering::CutLines(at) => lines.truncate(at.index(count)),
        Tampering::CutOctets(at) => return file[..at.index(file.len())].to_vec(),
    }
    lines.concat()
}

#[test]
fn of_two_thousand_tamperings_every_one_is_found() {
    let after = Head::genesis(&LOG);
    let (lines, end) = lines(after, LINES);
    let (whole, head) = (file(LOG, after, &lines), signed(LOG, end));
    let mut runner = TestRunner::new(Config::with_cases(2_000));
    let outcome = runner.run(&tampering(), |tampering| {
        let other = tampered(&whole, &tampering);
        // Two lines that are swapped with themselves are what was written.
        prop_assert_eq!(other == whole, check(&head, &[&other]).is_ok(), "{:?}", tampering);
        Ok(())
    });
    outcome.unwrap();
}
