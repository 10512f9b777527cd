//! Functions of the host's that a core module is given: they read and write all that an instance of it keeps.
//!
//! No code of the module's can call them: it was validated before they were there.

use std::convert::Infallible;

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, InstructionSink, Module,
    TypeSection,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionSectionReader, GlobalSectionReader, Operator, Parser, Payload,
    TypeRef, TypeSectionReader, ValType,
};

/// `(slot) → value`: the size of the memory in pages, the octets that [`OCTETS`] has overwritten, a global.
pub(super) const PEEK: &str = "step-state-peek";
/// `(slot, value)`: makes the memory as large, sets a global.
pub(super) const POKE: &str = "step-state-poke";
/// `() → list<u8>`: the whole memory. Its first eight octets are overwritten by where the list is.
pub(super) const OCTETS: &str = "step-state-octets";
/// `(place, place, place)`: says where the arguments of the next [`FILL`] are to be.
pub(super) const AIM: &str = "step-state-aim";
/// `(list<u8>, list<u8>, list<u8>)`: nothing. What is wanted is that its arguments are written to memory.
pub(super) const FILL: &str = "step-state-fill";
/// A `realloc` of the canonical ABI that allocates nothing: the places of [`AIM`], one after the other.
pub(super) const PLACE: &str = "step-state-place";
/// The one memory.
pub(super) const MEMORY: &str = "step-state-memory";

/// What a component calls when it is instantiated, by either of two naming schemes.
const INITIALIZE: [&str; 2] = ["_initialize", "cm32p2_initialize"];

/// What every name above begins with.
const PREFIX: &str = "step-state-";

/// Slot of the memory's size.
pub(super) const SIZE: u32 = 0;
/// Slot of the octets that [`OCTETS`] has overwritten. It cannot be written.
pub(super) const OVERWRITTEN: u32 = 1;
/// Slot of the first global that can change.
pub(super) const GLOBALS: u32 = 2;

/// How many places there are.
pub(super) const PLACES: usize = 3;

/// Globals that can change, at most. Compilers make one or two.
const MOST_GLOBALS: usize = 16;

/// A module with the functions, and how many globals they know.
pub(super) struct Hooked {
    pub(super) module: Vec<u8>,
    pub(super) globals: u32,
}

/// Adds the functions to a valid core module; `None` when an instance of it keeps more than one memory and plain globals,
/// or does something before it is called.
///
/// What else an instance can keep is in tables, and which segments were dropped. No compiler for policies writes there.
pub(super) fn add(module: &[u8]) -> Option<Hooked> {
    let survey = Survey::of(module)?;
    let globals = u32::try_from(survey.variables.len()).ok()?;
    let mut hooked = Module::new();
    Hooks(survey).parse_core_module(&mut hooked, Parser::new(0), module).ok()?;
    Some(Hooked { module: hooked.finish(), globals })
}

/// What there is already, by number.
#[derive(Default)]
struct Survey {
    types: u32,
    functions: u32,
    globals: u32,
    memories: u32,
    /// Globals that can change: index and type.
    variables: Vec<(u32, ValType)>,
    /// Sections that are added to. A module without one of them does nothing worth keeping.
    sections: usize,
}

impl Survey {
    /// Types, functions, globals, exports, code.
    const SECTIONS: usize = 5;

    fn of(module: &[u8]) -> Option<Self> {
        let mut survey = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            survey.section(payload.ok()?)?;
        }
        let is_within = survey.memories == 1 && survey.variables.len() <= MOST_GLOBALS;
        (is_within && survey.sections == Self::SECTIONS).then_some(survey)
    }

    fn section(&mut self, payload: Payload<'_>) -> Option<()> {
        match payload {
            Payload::TypeSection(types) => self.types = types.count(),
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    // Whatever else is imported is kept by somebody else.
                    matches!(import.ok()?.ty, TypeRef::Func(_)).then_some(())?;
                    self.functions = self.functions.checked_add(1)?;
                }
                return Some(());
            }
            Payload::FunctionSection(functions) => self.functions = self.functions.checked_add(functions.count())?,
            Payload::MemorySection(memories) => {
                self.memories = memories.count();
                return Some(());
            }
            Payload::GlobalSection(globals) => self.globals(globals)?,
            Payload::ExportSection(exports) => {
                for export in exports {
                    let name = export.ok()?.name;
                    (!name.starts_with(PREFIX) && !INITIALIZE.contains(&name)).then_some(())?;
                }
            }
            Payload::StartSection { .. } => return None,
            Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().ok()? {
                    (!changes_tables_or_segments(&operator.ok()?)).then_some(())?;
                }
                return Some(());
            }
            _ => return Some(()),
        }
        self.sections = self.sections.checked_add(1)?;
        Some(())
    }

    fn globals(&mut self, globals: GlobalSectionReader<'_>) -> Option<()> {
        self.globals = globals.count();
        for (index, global) in (0..).zip(globals) {
            let ty = global.ok()?.ty;
            if ty.mutable {
                matches!(ty.content_type, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64).then_some(())?;
                self.variables.push((index, ty.content_type));
            }
        }
        Some(())
    }
}

fn changes_tables_or_segments(operator: &Operator<'_>) -> bool {
    use Operator::{DataDrop, ElemDrop, TableCopy, TableFill, TableGrow, TableInit, TableSet};
    matches!(
        operator,
        DataDrop { .. }
            | ElemDrop { .. }
            | TableCopy { .. }
            | TableFill { .. }
            | TableGrow { .. }
            | TableInit { .. }
            | TableSet { .. }
    )
}

/// Copies a module, and adds to it on the way.
struct Hooks(Survey);

type Added = Result<(), reencode::Error<Infallible>>;

impl Reencode for Hooks {
    type Error = Infallible;

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Added {
        use wasm_encoder::ValType::{I32, I64};
        utils::parse_type_section(self, types, section)?;
        for hook in Hook::ALL {
            match hook {
                Hook::Peek => types.ty().function([I32], [I64]),
                Hook::Poke => types.ty().function([I32, I64], []),
                Hook::Octets => types.ty().function([], [I32]),
                Hook::Aim => types.ty().function([I32; PLACES], []),
                Hook::Fill => types.ty().function([I32; 2 * PLACES], []),
                Hook::Place => types.ty().function([I32; 4], [I32]),
            }
        }
        Ok(())
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, section: FunctionSectionReader<'_>) -> Added {
        utils::parse_function_section(self, functions, section)?;
        for hook in Hook::ALL {
            functions.function(self.0.types.saturating_add(hook.number()));
        }
        Ok(())
    }

    fn parse_global_section(&mut self, globals: &mut GlobalSection, section: GlobalSectionReader<'_>) -> Added {
        use wasm_encoder::{ConstExpr, GlobalType, ValType};
        utils::parse_global_section(self, globals, section)?;
        let variable = |val_type| GlobalType { val_type, mutable: true, shared: false };
        globals.global(variable(ValType::I64), &ConstExpr::i64_const(0));
        for _ in 0..PLACES {
            globals.global(variable(ValType::I32), &ConstExpr::i32_const(0));
        }
        Ok(())
    }

    fn parse_export_section(&mut self, exports: &mut ExportSection, section: ExportSectionReader<'_>) -> Added {
        utils::parse_export_section(self, exports, section)?;
        exports.export(MEMORY, ExportKind::Memory, 0);
        for hook in Hook::ALL {
            exports.export(hook.name(), ExportKind::Func, self.0.functions.saturating_add(hook.number()));
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Added {
        for body in section {
            code.raw(body?.as_bytes());
        }
        for hook in Hook::ALL {
            let mut function = Function::new([]);
            self.0.write(hook, &mut function.instructions());
            code.function(&function);
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Hook {
    Peek,
    Poke,
    Octets,
    Aim,
    Fill,
    Place,
}

impl Hook {
    const ALL: [Self; 6] = [Self::Peek, Self::Poke, Self::Octets, Self::Aim, Self::Fill, Self::Place];

    fn number(self) -> u32 {
        self as u32
    }

    fn name(self) -> &'static str {
        match self {
            Self::Peek => PEEK,
            Self::Poke => POKE,
            Self::Octets => OCTETS,
            Self::Aim => AIM,
            Self::Fill => FILL,
            Self::Place => PLACE,
        }
    }
}

impl Survey {
    /// The global for what [`OCTETS`] overwrites.
    fn overwritten(&self) -> u32 {
        self.globals
    }

    /// The globals of [`AIM`].
    fn places(&self) -> impl Iterator<Item = u32> {
        (self.globals.saturating_add(1)..).take(PLACES)
    }

    fn write(&self, hook: Hook, code: &mut InstructionSink<'_>) {
        match hook {
            Hook::Peek => self.peek(code),
            Hook::Poke => self.poke(code),
            Hook::Octets => {
                let first = wasm_encoder::MemArg { offset: 0, align: 0, memory_index: 0 };
                code.i32_const(0).i64_load(first).global_set(self.overwritten());
                // Place and length, little-endian. The place is 0, and so are the lower four octets.
                code.i32_const(0).memory_size(0).i64_extend_i32_u().i64_const(48).i64_shl().i64_store(first);
                code.i32_const(0).end();
            }
            Hook::Fill => {
                code.end();
            }
            Hook::Aim => {
                for (parameter, place) in (0..).zip(self.places()) {
                    code.local_get(parameter).global_set(place);
                }
                code.end();
            }
            // The first place is the answer, and the others move up.
            Hook::Place => {
                self.places().for_each(|place| {
                    code.global_get(place);
                });
                code.i32_const(0);
                let mut places: Vec<u32> = self.places().collect();
                while let Some(place) = places.pop() {
                    code.global_set(place);
                }
                code.end();
            }
        }
    }

    fn peek(&self, code: &mut InstructionSink<'_>) {
        slot(code, SIZE).memory_size(0).i64_extend_i32_u().return_().end();
        slot(code, OVERWRITTEN).global_get(self.overwritten()).return_().end();
        for (number, (global, ty)) in (GLOBALS..).zip(&self.variables) {
            slot(code, number).global_get(*global);
            match ty {
                ValType::I32 => code.i64_extend_i32_u(),
                ValType::F32 => code.i32_reinterpret_f32().i64_extend_i32_u(),
                ValType::F64 => code.i64_reinterpret_f64(),
                _ => code,
            };
            code.return_().end();
        }
        code.unreachable().end();
    }

    fn poke(&self, code: &mut InstructionSink<'_>) {
        let value = 1;
        slot(code, SIZE).local_get(value).i32_wrap_i64().memory_size(0).i32_sub().memory_grow(0);
        code.i32_const(-1).i32_ne().br_if(1).unreachable().end();
        for (number, (global, ty)) in (GLOBALS..).zip(&self.variables) {
            slot(code, number).local_get(value);
            match ty {
                ValType::I32 => code.i32_wrap_i64(),
                ValType::F32 => code.i32_wrap_i64().f32_reinterpret_i32(),
                ValType::F64 => code.f64_reinterpret_i64(),
                _ => code,
            };
            code.global_set(*global).return_().end();
        }
        code.unreachable().end();
    }
}

/// Begins what is done for one slot, the first parameter.
fn slot<'c, 'b>(code: &'c mut InstructionSink<'b>, number: u32) -> &'c mut InstructionSink<'b> {
    code.local_get(0).i32_const(number.cast_signed()).i32_eq().if_(wasm_encoder::BlockType::Empty)
}
