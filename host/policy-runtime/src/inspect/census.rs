//! Counts what makes compiling slow.
//!
//! Fuel does not bound compiling, and a small file can be a large task: a function with fifty thousand locals takes three
//! octets to declare, and a call that moves sixty values takes two. The compiler follows every local to every place
//! where control flow meets, once more for each loop around it, so that the product is what grows; it is counted as well
//! as its factors. The stock modules stay below a third of each cap.

use wasmparser::{
    BlockType, CompositeInnerType, FuncToValidate, FuncType, FunctionBody, Operator, Payload, WasmModuleResources,
};

use super::{Ceiling, invalid};
use crate::error::Fault;
use crate::limits::LoadLimits;

/// Parameters of a function type.
const PARAMETERS: u64 = 64;
/// Results of a function type, and what a block can leave behind. Compilers return one value.
const RESULTS: u64 = 4;
/// Locals times blocks, a block counting once more for each loop around it; in one function and in all.
const FUNCTION_FLOW: u64 = 100_000;
const FLOW: u64 = 1_000_000;
/// What an operator of the bulk memory proposal counts as: each becomes a loop with checks of its own.
const BULK: u64 = 8;

pub(super) struct Census<'l> {
    limits: &'l LoadLimits,
    ceiling: &'l Ceiling,
    functions: u64,
    adapted_functions: u64,
    flow: u64,
}

impl<'l> Census<'l> {
    pub(super) fn new(limits: &'l LoadLimits, ceiling: &'l Ceiling) -> Self {
        Self { limits, ceiling, functions: 0, adapted_functions: 0, flow: 0 }
    }

    /// Looks at a section that has been validated. `depth` modules or components are open around it.
    pub(super) fn section(&mut self, payload: &Payload<'_>, depth: usize) -> Result<(), Fault> {
        match payload {
            Payload::ComponentCanonicalSection(functions) if depth > 1 => {
                self.adapted_functions = self.adapted_functions.saturating_add(functions.count().into());
                let limit = self.limits.adapted_functions;
                cap("functions passed between nested components", self.adapted_functions, limit)
            }
            Payload::FunctionSection(functions) => {
                self.functions = self.functions.saturating_add(functions.count().into());
                cap("functions", self.functions, self.limits.functions)
            }
            Payload::TypeSection(types) => {
                for group in types.clone() {
                    for ty in group.map_err(invalid)?.types() {
                        if let CompositeInnerType::Func(signature) = &ty.composite_type.inner {
                            cap("parameters of a function", signature.params().len() as u64, PARAMETERS)?;
                            cap("results of a function", signature.results().len() as u64, RESULTS)?;
                        }
                    }
                }
                Ok(())
            }
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    let octets = memory.map_err(invalid)?.initial.saturating_mul(64 << 10);
                    cap("octets of initial memory", octets, self.ceiling.memory as u64)?;
                }
                Ok(())
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    let elements = table.map_err(invalid)?.ty.initial;
                    cap("initial table elements", elements, self.ceiling.table_elements as u64)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Looks at a function before it is validated.
    pub(super) fn body(
        &mut self,
        body: &FunctionBody<'_>,
        function: &FuncToValidate<impl WasmModuleResources>,
    ) -> Result<(), Fault> {
        let module = &function.resources;
        let mut locals: u64 = 0;
        for group in body.get_locals_reader().map_err(invalid)? {
            let (count, _) = group.map_err(invalid)?;
            locals = locals.saturating_add(count.into());
            cap("locals in one function", locals, self.limits.function_locals)?;
        }
        let (mut operators, mut meetings) = (0_u64, 0_u64);
        let mut nesting = Nesting::default();
        let mut reader = body.get_operators_reader().map_err(invalid)?;
        while !reader.eof() {
            let operator = reader.read().map_err(invalid)?;
            operators = operators.saturating_add(weight(&operator, module));
            cap("operators in one function", operators, self.limits.function_operators)?;
            if let Some(block) = nesting.follow(&operator) {
                meetings = meetings.saturating_add(1).saturating_add(nesting.loops);
                cap("values carried by a block", values(block, module), RESULTS)?;
            }
        }
        // Parameters are locals too, and so is what the compiler adds to count fuel.
        let parameters = function_type(function.ty, module).map_or(0, |ty| ty.params().len() as u64);
        let flow = locals.saturating_add(parameters).saturating_add(1).saturating_mul(meetings);
        self.flow = self.flow.saturating_add(flow);
        cap("locals times blocks in one function", flow, FUNCTION_FLOW)?;
        cap("locals times blocks in all functions", self.flow, FLOW)
    }
}

/// The blocks that are open. Their ends are only known to be right once the function is validated.
#[derive(Default)]
struct Nesting {
    /// For each open block, whether it is a loop.
    open: Vec<bool>,
    loops: u64,
}

impl Nesting {
    /// Follows an operator in or out of a block; the type of the one it begins.
    fn follow(&mut self, operator: &Operator<'_>) -> Option<BlockType> {
        let (block, is_loop) = match *operator {
            Operator::Block { blockty } | Operator::If { blockty } => (blockty, false),
            Operator::Loop { blockty } => (blockty, true),
            Operator::End => {
                self.loops = self.loops.saturating_sub(self.open.pop().unwrap_or(false).into());
                return None;
            }
            _ => return None,
        };
        self.open.push(is_loop);
        self.loops = self.loops.saturating_add(is_loop.into());
        Some(block)
    }
}

/// How many simple operators one is worth.
fn weight(operator: &Operator<'_>, module: &impl WasmModuleResources) -> u64 {
    match operator {
        Operator::BrTable { targets } => u64::from(targets.len()).saturating_add(1),
        Operator::Call { function_index } => called(*function_index, module).map_or(0, arity).saturating_add(1),
        Operator::CallIndirect { type_index, .. } => {
            function_type(*type_index, module).map_or(0, arity).saturating_add(1)
        }
        Operator::MemoryCopy { .. }
        | Operator::MemoryFill { .. }
        | Operator::MemoryInit { .. }
        | Operator::TableCopy { .. }
        | Operator::TableFill { .. }
        | Operator::TableInit { .. } => BULK,
        _ => 1,
    }
}

/// Values a branch to the block may have to move.
fn values(block: BlockType, module: &impl WasmModuleResources) -> u64 {
    match block {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(index) => function_type(index, module).map_or(0, arity),
    }
}

fn called(function: u32, module: &impl WasmModuleResources) -> Option<&FuncType> {
    function_type(module.type_index_of_function(function)?, module)
}

fn function_type(index: u32, module: &impl WasmModuleResources) -> Option<&FuncType> {
    match &module.sub_type_at(index)?.composite_type.inner {
        CompositeInnerType::Func(function) => Some(function),
        _ => None,
    }
}

fn arity(function: &FuncType) -> u64 {
    function.params().len().saturating_add(function.results().len()) as u64
}

fn cap(what: &'static str, count: u64, limit: u64) -> Result<(), Fault> {
    if count > limit { Err(Fault::TooComplex { what, count, limit }) } else { Ok(()) }
}
