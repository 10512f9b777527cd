//! What a reader does who is told to add members to `ca.json`.

use std::{env, error::Error, fs, path::Path};

use serde_json::{Map, Value, json};
use step_ca::config::Config;

/// Adds members to a `ca.json`, which has to be one afterwards: the CA's own parser is asked. A text that is `$name` stands
/// for a variable of the shell. Objects get members, anything else is replaced (RFC 7396).
pub(crate) fn amend(file: &Path, members: &Path) -> Result<(), Box<dyn Error>> {
    let mut config: Value = match file.exists() {
        true => serde_json::from_str(&fs::read_to_string(file)?)?,
        false => of_nobody(),
    };
    let mut patch = serde_json::from_str(&fs::read_to_string(members)?)?;
    fill_in(&mut patch)?;
    merge(&mut config, patch);
    let text = serde_json::to_string_pretty(&config)?;
    Config::parse(&text, file)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(file, text)?)
}

/// A configuration in which pieces can be read where a page needs no CA.
fn of_nobody() -> Value {
    json!({
        "root": "root_ca.crt", "crt": "intermediate_ca.crt", "key": "intermediate_ca_key",
        "address": "127.0.0.1:0", "dnsNames": ["localhost"],
    })
}

fn fill_in(value: &mut Value) -> Result<(), Box<dyn Error>> {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix('$') {
                *text = env::var(name).map_err(|error| format!("${name}: {error}"))?;
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(fill_in),
        Value::Object(members) => members.values_mut().try_for_each(fill_in),
        _ => Ok(()),
    }
}

fn merge(into: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *into = patch;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Some(members) = into.as_object_mut() else { return };
    for (name, value) in patch {
        match value {
            Value::Null => drop(members.remove(&name)),
            value => merge(members.entry(name).or_insert(Value::Null), value),
        }
    }
}
