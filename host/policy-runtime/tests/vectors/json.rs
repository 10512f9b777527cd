//! Small things JSON has no words for.

use serde_json::{Map, Value};

/// A merge patch (RFC 7396): objects member by member, `null` takes a member away, anything else replaces.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        if !patch.is_null() {
            *target = patch.clone();
        }
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let members = target.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// `{"now": -60}` is the number of the second one minute before now.
pub(crate) fn resolve_times(value: &mut Value, now: i64) {
    match value {
        Value::Object(members) => {
            let offset = members.get("now").and_then(Value::as_i64).filter(|_| members.len() == 1);
            match offset {
                Some(offset) => *value = (now + offset).into(),
                None => members.values_mut().for_each(|member| resolve_times(member, now)),
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| resolve_times(element, now)),
        _ => {}
    }
}

/// A JSON text in the contract: what is not there is `null`.
pub(crate) fn text(members: &Value, name: &str) -> String {
    members.get(name).cloned().unwrap_or_default().to_string()
}

pub(crate) fn string(members: &Value, name: &str) -> String {
    members[name].as_str().unwrap_or_else(|| panic!("{name} must be a text in {members}")).to_owned()
}

pub(crate) fn strings(members: &Value, name: &str) -> Vec<String> {
    let elements = members[name].as_array().unwrap_or_else(|| panic!("{name} must be a list in {members}"));
    elements.iter().map(|element| element.as_str().unwrap().to_owned()).collect()
}
