//! Writing what was decided into the files.
//!
//! Only the expectation of a case is replaced, letter by letter: what an author has laid out and ordered stays so.

use std::{collections::BTreeMap, fs, ops::Range};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    error::VectorError,
    json::difference,
    suite::{Case, Suite},
};

/// Makes `answer` what the vector expects.
///
/// # Errors
///
/// When the file cannot be read or written, or is no longer the one the suite was read from.
pub fn update(suite: &Suite, case: &Case, answer: &Value) -> Result<(), VectorError> {
    let path = case.file();
    let unwritable = |source| VectorError::Read { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unwritable)?;
    let changed = |problem: &str| VectorError::File { path: path.to_owned(), problem: problem.to_owned() };
    let place = find(&text, case.name()).ok_or_else(|| changed("was changed while the vectors ran"))?;
    let expectation = expectation(suite, answer).ok_or_else(|| changed("a fault is no answer to expect"))?;
    let (range, text_before) = match place {
        Place::Expectation(range) => (range, ""),
        Place::End(position) => (position..position, ",\n     "),
    };
    let mut text = text;
    text.replace_range(range, &format!("{text_before}{expectation}"));
    fs::write(path, text).map_err(unwritable)
}

/// `"deny": {"rule": …}`: of a refusal, what a person who reads the vector wants to know.
fn expectation(suite: &Suite, answer: &Value) -> Option<String> {
    let (outcome, value) = answer.as_object()?.iter().next()?;
    let value = match outcome.as_str() {
        "allow" => difference(&suite.base.allow, value),
        "deny" => {
            let wanted = ["kind", "rule", "message"];
            let base = |name: &str| suite.base.deny.get(name);
            let members = value.as_object()?.iter().filter(|(name, value)| {
                base(name) != Some(*value) && (wanted.contains(&name.as_str()) || base(name).is_some())
            });
            members.map(|(name, value)| (name.clone(), value.clone())).collect()
        }
        "descriptor" | "config_errors" => value.clone(),
        _ => return None,
    };
    Some(format!("\"{outcome}\": {value}"))
}

/// Where a case has, or would have, its expectation.
enum Place {
    Expectation(Range<usize>),
    End(usize),
}

fn find(text: &str, name: &str) -> Option<Place> {
    #[derive(Deserialize)]
    struct File<'t> {
        #[serde(borrow)]
        cases: Vec<&'t RawValue>,
    }
    let file: File<'_> = serde_json::from_str(text).ok()?;
    for case in file.cases {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(case.get()).ok()?;
        let is_it = members.get("name").and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        if is_it.as_deref() != Some(name) {
            continue;
        }
        let outcome = ["allow", "deny", "descriptor", "config_errors"].into_iter().find(|it| members.contains_key(*it));
        let Some(outcome) = outcome else {
            let end = offset(text, case.get())?.checked_add(case.get().len())?.checked_sub(1)?;
            let before = text.get(..end)?.trim_end();
            return Some(Place::End(before.len()));
        };
        let value = members.get(outcome)?.get();
        let value_start = offset(text, value)?;
        let start = text.get(..value_start)?.rfind(&format!("\"{outcome}\""))?;
        return Some(Place::Expectation(start..value_start.checked_add(value.len())?));
    }
    None
}

/// Where a part of a text begins; the part is a slice of it.
fn offset(text: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize).filter(|offset| *offset <= text.len())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn suite(folder: &Path, file: &str) -> Suite {
        fs::write(folder.join("base.json"), r#"{"about": "x", "now": 0, "deny": {"kind": "forbidden"}}"#).unwrap();
        fs::write(folder.join("cases.json"), file).unwrap();
        Suite::read(folder).unwrap()
    }

    #[test]
    fn an_expectation_is_replaced_where_it_stands_and_nothing_else_moves() {
        let folder = tempfile::tempdir().unwrap();
        let text = "{\"about\": \"a\",\n \"cases\": [\n  {\"name\": \"one\", \"allow\": []},\n  {\"name\": \"two\", \"deny\": {\"rule\": \"a.b\"}}]}\n";
        let suite = suite(folder.path(), text);
        let answer = json!({"deny": {"kind": "forbidden", "message": "no", "rule": "c.d", "got": "1"}});
        update(&suite, &suite.cases()[1], &answer).unwrap();
        let expected = text.replace(r#"{"rule": "a.b"}"#, r#"{"message":"no","rule":"c.d"}"#);
        assert_eq!(fs::read_to_string(folder.path().join("cases.json")).unwrap(), expected);
    }

    #[test]
    fn a_case_without_expectation_gets_one() {
        let folder = tempfile::tempdir().unwrap();
        let suite = suite(folder.path(), "{\"about\": \"a\", \"cases\": [{\"name\": \"one\"\n  }]}");
        update(&suite, &suite.cases()[0], &json!({"allow": []})).unwrap();
        let again = Suite::read(folder.path()).unwrap();
        let decision = crate::Decision { answer: json!({"allow": []}), rules: vec![], cost: None };
        assert_eq!(again.cases()[0].difference(&again, &decision), None);
    }

    #[test]
    fn a_fault_is_never_expected() {
        let folder = tempfile::tempdir().unwrap();
        let suite = suite(folder.path(), r#"{"about": "a", "cases": [{"name": "one", "allow": []}]}"#);
        assert!(update(&suite, &suite.cases()[0], &json!({"fault": "trapped"})).is_err());
    }
}
