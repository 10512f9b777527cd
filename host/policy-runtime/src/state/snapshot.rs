//! All that an instance keeps, as it is at one time.

use std::ops::Range;

use wasmtime::Store;
use wasmtime::component::Instance;

use super::hooks::{GLOBALS, OVERWRITTEN, PLACES, SIZE};
use super::{Hooks, Run};
use crate::call::Guest;

pub(crate) struct Snapshot {
    /// By slot: the size of the memory in pages, nothing, and the globals.
    values: Vec<u64>,
    memory: Vec<u8>,
}

impl Snapshot {
    /// Looks at an instance, which is of no use afterwards.
    pub(super) fn of(hooks: &Hooks, instance: &Instance, store: &mut Store<Guest>) -> wasmtime::Result<Self> {
        let peek = instance.get_typed_func::<(u32,), (u64,)>(&mut *store, &hooks.peek)?;
        let octets = instance.get_typed_func::<(), (Vec<u8>,)>(&mut *store, &hooks.octets)?;
        store.set_hostcall_fuel(usize::MAX);
        let mut values = Vec::new();
        for slot in 0..GLOBALS.saturating_add(hooks.globals) {
            values.push(peek.call(&mut *store, (slot,))?.0);
        }
        let (mut memory,) = octets.call(&mut *store, ())?;
        let (overwritten,) = peek.call(&mut *store, (OVERWRITTEN,))?;
        if let Some(first) = memory.first_chunk_mut() {
            *first = overwritten.to_le_bytes();
        }
        Ok(Self { values, memory })
    }

    /// The values of slots that are others in `later`.
    pub(super) fn changed_values(&self, later: &Self) -> Vec<(u32, u64)> {
        let slots = (SIZE..).zip(self.values.iter().zip(&later.values));
        slots.filter(|(_, (before, after))| before != after).map(|(slot, (_, after))| (slot, *after)).collect()
    }

    /// The octets that are others in `later`, with what lies between those that are close to each other. What the memory
    /// has grown by was zero.
    ///
    /// `None` when there are more than `most`.
    pub(super) fn changed_octets(&self, later: &Self, most: usize) -> Option<[Run; PLACES]> {
        let mut spans = self.spans(later)?;
        while spans.len() > PLACES {
            let gaps = spans.iter().zip(spans.iter().skip(1)).map(|(left, right)| right.start.saturating_sub(left.end));
            let (narrowest, _) = gaps.enumerate().min_by_key(|(_, gap)| *gap)?;
            let right = spans.remove(narrowest.checked_add(1)?);
            spans.get_mut(narrowest)?.end = right.end;
        }
        (spans.iter().map(Range::len).sum::<usize>() <= most).then_some(())?;
        let mut runs = <[Run; PLACES]>::default();
        for (run, span) in runs.iter_mut().zip(spans) {
            *run = Run { at: u32::try_from(span.start).ok()?, octets: later.memory.get(span)?.to_vec() };
        }
        Some(runs)
    }

    /// Where `later` differs. `None` when that is all over the place.
    fn spans(&self, later: &Self) -> Option<Vec<Range<usize>>> {
        /// Octets that are compared at once.
        const BLOCK: usize = 64;
        /// Octets that are copied rather than looked around.
        const CLOSE: usize = 1024;
        const MOST: usize = 64;
        let before = self.memory.chunks(BLOCK).chain(std::iter::repeat(&[0; BLOCK][..]));
        let mut spans: Vec<Range<usize>> = Vec::new();
        for (number, (before, after)) in before.zip(later.memory.chunks(BLOCK)).enumerate() {
            if before == after {
                continue;
            }
            let start = number.checked_mul(BLOCK)?;
            let end = start.checked_add(after.len())?;
            match spans.last_mut() {
                Some(last) if start.saturating_sub(last.end) <= CLOSE => last.end = end,
                _ => spans.push(start..end),
            }
            (spans.len() <= MOST).then_some(())?;
        }
        Some(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(octets: &[u8]) -> Snapshot {
        Snapshot { values: Vec::new(), memory: octets.to_vec() }
    }

    /// Places and lengths.
    fn changed(before: &[u8], after: &[u8]) -> Option<[(u32, usize); PLACES]> {
        let runs = memory(before).changed_octets(&memory(after), 8_192)?;
        Some(runs.map(|run| (run.at, run.octets.len())))
    }

    #[test]
    fn runs_begin_and_end_where_something_changed() {
        let before = [0; 65_536];
        let mut after = before;
        assert_eq!(changed(&before, &after), Some([(0, 0); PLACES]));
        (after[640], after[1_000], after[60_000]) = (1, 1, 1);
        assert_eq!(changed(&before, &after), Some([(640, 384), (59_968, 64), (0, 0)]));
    }

    #[test]
    fn runs_that_are_closest_are_made_one() {
        let before = [0; 65_536];
        let mut after = before;
        (after[0], after[10_000], after[14_000], after[60_000]) = (1, 1, 1, 1);
        assert_eq!(changed(&before, &after), Some([(0, 64), (9_984, 4_032), (59_968, 64)]));
    }

    #[test]
    fn a_memory_that_has_grown_was_zero_where_it_was_not() {
        let mut after = [0; 256];
        after[200] = 1;
        assert_eq!(changed(&[0; 128], &after), Some([(192, 64), (0, 0), (0, 0)]));
    }

    #[test]
    fn a_memory_that_changed_everywhere_is_not_copied() {
        assert_eq!(changed(&[0; 65_536], &[1; 65_536]), None);
    }

    #[test]
    fn values_that_stayed_are_left_alone() {
        let values = |values: [u64; 4]| Snapshot { values: values.to_vec(), memory: Vec::new() };
        assert_eq!(values([4, 0, 7, 9]).changed_values(&values([5, 0, 7, 8])), [(0, 5), (3, 8)]);
    }
}
