//! Hostile guests, as data: `tests/policy/cases/<case>/policy.wat`, and in `error.txt` what has to be said about it.

use std::fs;
use std::path::PathBuf;

use super::{NEIGHBOUR, init, load, proposal, review, runtime};
use crate::{Limits, testing};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/policy/cases");

#[tokio::test]
async fn every_hostile_module_is_stopped_for_its_own_reason_and_its_neighbour_still_answers() {
    let runtime = runtime();
    let neighbour = init(&load(&runtime, NEIGHBOUR).unwrap(), Limits::default()).await.unwrap();
    let mut wrong = Vec::new();
    let mut cases: Vec<PathBuf> = fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 16, "the cases are found");
    for case in cases {
        let expected = fs::read_to_string(case.join("error.txt")).unwrap();
        let got = match review(&runtime, &testing::case(&case).unwrap(), Limits::default()).await {
            Ok(answer) => format!("answered {:?}", answer.value),
            Err(fault) => fault.to_string(),
        };
        if got != expected.trim_end() {
            wrong.push(format!("{}\n  got  {got}\n  want {}", case.display(), expected.trim_end()));
        }
        let answer = neighbour.review(&proposal()).await.unwrap();
        assert_eq!(answer.value, Ok(Vec::new()), "after {}", case.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
