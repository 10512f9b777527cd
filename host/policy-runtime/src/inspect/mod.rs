//! Reads a module file before anything else touches it: is it valid, small enough to compile, and what does it name?
//!
//! Everything is validated here, with the features policies may use and no others, because the compiler is only safe
//! to use on valid input. What makes compiling slow is counted on the way.

mod census;
mod types;

use wasmparser::{CustomSectionReader, Encoding, Error, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use self::census::Census;
use crate::error::Fault;
use crate::limits::LoadLimits;
use crate::text::printable;

/// WebAssembly as policies may use it: what compilers emit for a plain `wasm32-unknown-unknown` target.
///
/// No SIMD, threads, exceptions, garbage collection, tail calls, 64-bit or second memories, stack switching. Reference
/// types are on for their encoding of `call_indirect`, which current compilers use; `externref` itself is not.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL);

/// What a valid file names at its outermost level.
pub(crate) enum Outline {
    Component {
        imports: Vec<String>,
        exports: Vec<String>,
    },
    CoreModule {
        /// The first names of its imports: interfaces, for a policy.
        import_modules: Vec<String>,
        exports: Vec<String>,
        /// Whether it has a `component-type` section.
        has_metadata: bool,
    },
}

/// Sizes an instance starts with must fit what any call may use.
pub(crate) struct Ceiling {
    pub(crate) memory: usize,
    pub(crate) table_elements: usize,
}

/// Validates the whole of `bytes`, nested modules included, and keeps the names.
pub(crate) fn inspect(bytes: &[u8], limits: &LoadLimits, ceiling: &Ceiling) -> Result<Outline, Fault> {
    if !bytes.starts_with(b"\0asm") {
        return Err(Fault::NotWasm);
    }
    let mut census = Census::new(limits, ceiling);
    let mut names = Names::default();
    let mut validator = Validator::new_with_features(FEATURES);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        check_types(&payload, bytes)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload).map_err(invalid)? {
            census.body(&body, &function)?;
            function.into_validator(Default::default()).validate(&body).map_err(invalid)?;
        }
        census.section(&payload, names.depth)?;
        names.section(payload).map_err(invalid)?;
    }
    Ok(names.outline())
}

/// Before the validator reads a type, and wit-component what a core module says of its own.
fn check_types(payload: &Payload<'_>, bytes: &[u8]) -> Result<(), Fault> {
    match payload {
        Payload::ComponentTypeSection(section) => types::check_nesting(bytes.get(section.range()).unwrap_or_default()),
        Payload::CustomSection(section) if is_metadata(section) => types::check_metadata(section.data()),
        _ => Ok(()),
    }
}

fn is_metadata(section: &CustomSectionReader<'_>) -> bool {
    section.name().starts_with("component-type")
}

fn invalid(error: Error) -> Fault {
    Fault::Invalid { reason: printable(error.to_string(), 512) }
}

/// Collects the outermost level's names.
#[derive(Default)]
struct Names {
    is_component: bool,
    /// How many modules or components are open around the current section.
    depth: usize,
    imports: Vec<String>,
    exports: Vec<String>,
    has_metadata: bool,
}

impl Names {
    fn section(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        match payload {
            Payload::Version { encoding, .. } => {
                if self.depth == 0 {
                    self.is_component = encoding == Encoding::Component;
                }
                self.depth = self.depth.saturating_add(1);
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            _ if self.depth != 1 => {}
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.imports.push(import?.module.to_owned());
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.exports.push(export?.name.to_owned());
                }
            }
            Payload::CustomSection(section) => self.has_metadata |= is_metadata(&section),
            _ => {}
        }
        Ok(())
    }

    fn outline(self) -> Outline {
        let Self { is_component, imports, exports, has_metadata, .. } = self;
        if is_component {
            Outline::Component { imports, exports }
        } else {
            Outline::CoreModule { import_modules: imports, exports, has_metadata }
        }
    }
}
