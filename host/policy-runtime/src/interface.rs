//! The interfaces of `step:policy`, by name and version.

use crate::error::Fault;
use crate::grants::Effect;
use crate::module::Kind;
use crate::text::printable;

/// An interface this host has a meaning for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Interface {
    /// Types only, or pure functions: open to everybody.
    Free,
    /// A capability that has to be granted.
    Effect(Effect),
    /// What a module offers.
    Export(Kind),
}

impl Interface {
    /// Finds the interface `name`, e.g. `step:policy/log@0.1.0`.
    ///
    /// `None` when it is no interface of the package, or one this host does not know.
    pub(crate) fn find(name: &str) -> Result<Option<Self>, Fault> {
        let Some((interface, version)) = name.strip_prefix("step:policy/").and_then(|rest| rest.split_once('@')) else {
            return Ok(None);
        };
        let interface = match interface {
            "types" | "log" | "crypto" | "jose" | "x509" => Self::Free,
            "consume-once" => Self::Effect(Effect::ConsumeOnce),
            "dns" => Self::Effect(Effect::Dns),
            "http" => Self::Effect(Effect::Http),
            "kv" => Self::Effect(Effect::Kv),
            "check" => Self::Export(Kind::Check),
            "provisioner" => Self::Export(Kind::Provisioner),
            _ => return Ok(None),
        };
        // Within 0.1 the contract only grows, so that any patch level links when what it asks for is there.
        if version != "0.1" && !version.starts_with("0.1.") {
            return Err(Fault::WrongVersion { name: printable(name.to_owned(), 256) });
        }
        Ok(Some(interface))
    }
}

/// The effects among `imports`, with their names.
pub(crate) fn effects<'i>(imports: impl IntoIterator<Item = &'i str>) -> Result<Vec<(String, Effect)>, Fault> {
    let mut effects = Vec::new();
    for import in imports {
        match Interface::find(import)? {
            Some(Interface::Free) => {}
            Some(Interface::Effect(effect)) => effects.push((import.to_owned(), effect)),
            Some(Interface::Export(_)) | None => {
                return Err(Fault::UnknownImport { import: printable(import.to_owned(), 256) });
            }
        }
    }
    Ok(effects)
}

/// The one interface among `exports` that says what the module is, and its name.
pub(crate) fn kind<'e>(exports: impl IntoIterator<Item = &'e str>) -> Result<(Kind, String), Fault> {
    let mut found = None;
    for export in exports {
        if let Some(Interface::Export(kind)) = Interface::find(export)?
            && found.replace((kind, export.to_owned())).is_some()
        {
            return Err(Fault::AmbiguousKind);
        }
    }
    found.ok_or(Fault::NoKind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_patch_level_of_the_contract_is_known_and_no_other_version() {
        assert_eq!(Interface::find("step:policy/log@0.1.0"), Ok(Some(Interface::Free)));
        assert_eq!(Interface::find("step:policy/log@0.1.12"), Ok(Some(Interface::Free)));
        for version in ["0.10.0", "0.2.0", "1.0.0", "0.1x"] {
            let name = format!("step:policy/log@{version}");
            assert_eq!(Interface::find(&name), Err(Fault::WrongVersion { name: name.clone() }));
        }
    }

    #[test]
    fn a_module_of_two_kinds_is_refused() {
        let exports = ["step:policy/check@0.1.0", "step:policy/provisioner@0.1.0"];
        assert_eq!(kind(exports), Err(Fault::AmbiguousKind));
    }

    #[test]
    fn wasi_is_no_import_a_policy_can_have() {
        let import = "wasi:cli/environment@0.2.0".to_owned();
        assert_eq!(effects([import.as_str()]), Err(Fault::UnknownImport { import }));
    }
}
