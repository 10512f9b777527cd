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
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// The merge patch that makes `wanted` of `base`. Members that are `null` cannot be told from absent ones.
pub(crate) fn difference(base: &Value, wanted: &Value) -> Value {
    let (Value::Object(base), Value::Object(wanted)) = (base, wanted) else { return wanted.clone() };
    let gone = base.keys().filter(|name| !wanted.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let changed = wanted
        .iter()
        .filter(|(name, value)| base.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), difference(base.get(name).unwrap_or(&Value::Null), value)));
    gone.chain(changed).collect()
}

/// `{"now": -60}` is the number of the second one minute before now.
pub(crate) fn resolve_times(value: &mut Value, now: i64) {
    match value {
        Value::Object(members) => {
            let offset = members.get("now").and_then(Value::as_i64).filter(|_| members.len() == 1);
            match offset {
                Some(offset) => *value = now.saturating_add(offset).into(),
                None => members.values_mut().for_each(|member| resolve_times(member, now)),
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| resolve_times(element, now)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_applied_to_its_base_gives_what_was_wanted() {
        let base = json!({"a": 1, "b": {"c": 2, "d": 3}, "e": [1]});
        let wanted = json!({"b": {"c": 2, "d": 4}, "e": [1, 2], "f": "x"});
        let patch = difference(&base, &wanted);
        assert_eq!(patch, json!({"a": null, "b": {"d": 4}, "e": [1, 2], "f": "x"}));
        let mut merged = base;
        merge(&mut merged, &patch);
        assert_eq!(merged, wanted);
    }

    #[test]
    fn an_offset_is_a_time_and_a_longer_object_is_not() {
        let mut value = json!([{"now": -60}, {"now": 1, "then": 2}]);
        resolve_times(&mut value, 100);
        assert_eq!(value, json!([40, {"now": 1, "then": 2}]));
    }
}
