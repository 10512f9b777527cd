//! Makes the functions that [`hooks`](super::hooks) adds to a core module functions of the component around it.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentSection, ComponentTypeSection, ComponentValType, ExportKind, PrimitiveValType,
};
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload, Validator};

use super::hooks::{AIM, FILL, MEMORY, OCTETS, PEEK, PLACE, POKE};
use crate::inspect::FEATURES;

/// What is exported, in the order of the indices.
const EXPORTS: [&str; 5] = [PEEK, POKE, OCTETS, AIM, FILL];

/// Exports them from the component that was made of their module. `None` when they are not there.
///
/// The sections are put behind all others, so that nothing that was there is renumbered.
pub(super) fn expose(mut component: Vec<u8>) -> Option<Vec<u8>> {
    let indices = Indices::of(&component)?;
    indices.types().append_to_component(&mut component);
    indices.aliases().append_to_component(&mut component);
    indices.functions().append_to_component(&mut component);
    indices.exports().append_to_component(&mut component);
    Some(component)
}

/// The first free index of each kind, and the instance that has the functions.
struct Indices {
    instance: u32,
    types: u32,
    core_functions: u32,
    memories: u32,
    functions: u32,
}

impl Indices {
    fn of(component: &[u8]) -> Option<Self> {
        let mut validator = Validator::new_with_features(FEATURES);
        let mut depth: usize = 0;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.ok()?;
            match payload {
                Payload::Version { .. } => depth = depth.saturating_add(1),
                // The end of the component itself: everything has its number.
                Payload::End(_) if depth == 1 => return Self::at(validator.types(0)?),
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
            validator.payload(&payload).ok()?;
        }
        None
    }

    fn at(types: TypesRef<'_>) -> Option<Self> {
        let has_hooks = |&instance: &u32| {
            let instance = types.get(types.core_instance_at(instance));
            instance.is_some_and(|instance| instance.exports(types).contains_key(PEEK))
        };
        Some(Self {
            instance: (0..types.core_instance_count()).find(has_hooks)?,
            types: types.component_type_count(),
            core_functions: types.function_count(),
            memories: types.memory_count(),
            functions: types.component_function_count(),
        })
    }

    /// `list<u8>`, and the types of the functions.
    fn types(&self) -> ComponentTypeSection {
        const SLOT: (&str, ComponentValType) = ("slot", ComponentValType::Primitive(PrimitiveValType::U32));
        const VALUE: ComponentValType = ComponentValType::Primitive(PrimitiveValType::U64);
        let octets = ComponentValType::Type(self.types);
        let mut types = ComponentTypeSection::new();
        types.defined_type().list(PrimitiveValType::U8);
        types.function().params([SLOT]).result(Some(VALUE));
        types.function().params([SLOT, ("value", VALUE)]).result(None);
        types.function().params([("", octets); 0]).result(Some(octets));
        types.function().params(["first", "second", "third"].map(|name| (name, PrimitiveValType::U32))).result(None);
        types.function().params(["first", "second", "third"].map(|name| (name, octets))).result(None);
        types
    }

    fn aliases(&self) -> ComponentAliasSection {
        let mut aliases = ComponentAliasSection::new();
        let mut alias = |name, kind| {
            aliases.alias(Alias::CoreInstanceExport { instance: self.instance, kind, name });
        };
        EXPORTS.into_iter().chain([PLACE]).for_each(|name| alias(name, ExportKind::Func));
        alias(MEMORY, ExportKind::Memory);
        aliases
    }

    fn functions(&self) -> CanonicalFunctionSection {
        let mut functions = CanonicalFunctionSection::new();
        let memory = CanonicalOption::Memory(self.memories);
        let place = CanonicalOption::Realloc(self.core_functions.saturating_add(EXPORTS.len() as u32));
        for (number, options) in (0..).zip([vec![], vec![], vec![memory], vec![], vec![memory, place]]) {
            // The first type is that of the octets.
            let ty = self.types.saturating_add(number).saturating_add(1);
            functions.lift(self.core_functions.saturating_add(number), ty, options);
        }
        functions
    }

    fn exports(&self) -> ComponentExportSection {
        let mut exports = ComponentExportSection::new();
        // An export is a function of its own, with the next index.
        for (number, name) in (0..).zip(EXPORTS) {
            exports.export(name, ComponentExportKind::Func, self.functions.saturating_add(number), None);
        }
        exports
    }
}
