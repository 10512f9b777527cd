//! The reference in the handbook: every type, field, case and function of the contract, from its WIT text.

use std::{fmt::Write as _, path::Path};

use anyhow::Result;
use wit_parser::{Docs, Function, Interface, Resolve, Type, TypeDef, TypeDefKind};

/// Where it goes, below the root of the workspace.
pub(crate) const PAGE: &str = "policy-sdk/handbook/reference.md";

/// Above what is generated.
const HEAD: &str = "\
# Reference

Every type, field, case and function of the contract, generated from its WIT text by `cargo policies bindings`; a test
keeps the two equal. [The contract](../CONTRACT.md) says what it is for. A module names the versions of what it uses, such
as `step:policy/check@0.1.0`. Within 0.1.x interfaces and functions are added, and nothing that stands here changes or goes.
";

/// The page.
pub(crate) fn page(contract: &Path) -> Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(contract)?;
    let mut page = HEAD.to_owned();
    for (name, id) in &resolve.packages[package].interfaces {
        interface(&mut page, name, &resolve.interfaces[*id], &resolve);
    }
    Ok(page)
}

fn interface(page: &mut String, name: &str, interface: &Interface, resolve: &Resolve) {
    let _ = write!(page, "\n## `{name}`\n\n{}", paragraph(&interface.docs));
    for (name, id) in &interface.types {
        let definition = &resolve.types[*id];
        if !is_of_another_interface(definition, resolve) {
            type_definition(page, name, definition, resolve);
        }
    }
    for (name, function) in &interface.functions {
        let _ = write!(page, "### `{name}`\n\n{}", paragraph(&function.docs));
        let _ = write!(page, "`{}`\n\n", signature(function, resolve));
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
}

/// `use types.{…}`: it stands where it comes from.
fn is_of_another_interface(definition: &TypeDef, resolve: &Resolve) -> bool {
    let TypeDefKind::Type(Type::Id(id)) = &definition.kind else { return false };
    resolve.types[*id].owner != definition.owner
}

fn type_definition(page: &mut String, name: &str, definition: &TypeDef, resolve: &Resolve) {
    let _ = write!(page, "### `{name}`\n\n{}", paragraph(&definition.docs));
    let rows: Vec<(&str, Option<String>, &Docs)> = match &definition.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            fields.map(|field| (field.name.as_str(), Some(spelled(&field.ty, resolve)), &field.docs)).collect()
        }
        TypeDefKind::Variant(variant) => {
            let payload = |ty: Option<&Type>| Some(ty.map(|ty| spelled(ty, resolve)).unwrap_or_default());
            variant.cases.iter().map(|case| (case.name.as_str(), payload(case.ty.as_ref()), &case.docs)).collect()
        }
        TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| (case.name.as_str(), None, &case.docs)).collect(),
        TypeDefKind::Flags(flags) => flags.flags.iter().map(|flag| (flag.name.as_str(), None, &flag.docs)).collect(),
        TypeDefKind::Type(ty) => {
            let _ = write!(page, "Is `{}`.\n\n", spelled(ty, resolve));
            return;
        }
        _ => {
            let _ = write!(page, "Is `{}`.\n\n", anonymous(definition, resolve));
            return;
        }
    };
    let (kind, has_types) = match &definition.kind {
        TypeDefKind::Record(_) => ("Record", true),
        TypeDefKind::Variant(_) => ("Variant: one of", true),
        TypeDefKind::Enum(_) => ("Enum: one of", false),
        _ => ("Flags: any of", false),
    };
    let _ = match has_types {
        true => write!(page, "| {kind} | Type | |\n|---|---|---|\n"),
        false => write!(page, "| {kind} | |\n|---|---|\n"),
    };
    for (name, ty, docs) in rows {
        let ty = match ty.as_deref() {
            Some("") => " |".to_owned(),
            Some(ty) => format!(" `{ty}` |"),
            None => String::new(),
        };
        let _ = writeln!(page, "| `{name}` |{ty} {} |", in_line(docs));
    }
    page.push('\n');
}

fn signature(function: &Function, resolve: &Resolve) -> String {
    let parameters: Vec<String> = function
        .params
        .iter()
        .map(|parameter| format!("{}: {}", parameter.name, spelled(&parameter.ty, resolve)))
        .collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", spelled(ty, resolve))).unwrap_or_default();
    format!("{}: func({}){result}", function.name, parameters.join(", "))
}

/// As it is written in WIT.
fn spelled(ty: &Type, resolve: &Resolve) -> String {
    let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
    let definition = &resolve.types[*id];
    definition.name.clone().unwrap_or_else(|| anonymous(definition, resolve))
}

fn anonymous(definition: &TypeDef, resolve: &Resolve) -> String {
    let spelled = |ty: &Type| spelled(ty, resolve);
    let or_nothing = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), spelled);
    match &definition.kind {
        TypeDefKind::List(ty) => format!("list<{}>", spelled(ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", spelled(ty)),
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(spelled).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (ok, None) => format!("result<{}>", or_nothing(ok)),
            (ok, err) => format!("result<{}, {}>", or_nothing(ok), or_nothing(err)),
        },
        other => other.as_str().to_owned(),
    }
}

fn paragraph(docs: &Docs) -> String {
    docs.contents.as_deref().map(|text| format!("{}\n\n", text.trim())).unwrap_or_default()
}

/// A cell of a table.
fn in_line(docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_what_the_contract_has() {
        let page = page(&crate::workspace().join("policy-sdk/wit/v0.1")).unwrap();
        for part in [
            "## `check`\n",
            "### `denial`\n",
            "| `public-message` | `option<string>` | Sent to the client instead of the text above. |\n",
            "| `set-validity` | `validity` | Sets the validity, or shortens it when it is set already. |\n",
            "| `unrestricted` | | No rule.",
            "| `crl-sign` |",
            "`review: func(proposal: proposal) -> result<list<edit>, denial>`\n",
            "`compare-and-swap: func(key: string, old: option<list<u8>>, new: option<list<u8>>) -> result<bool, kv-error>`\n",
        ] {
            assert!(page.contains(part), "{part} is missing from\n{page}");
        }
    }
}
