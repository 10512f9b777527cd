//! Memory for one call: handed out once, and gone with the instance.
//!
//! Every call runs in an instance of its own, so what is freed need not be found again. Taking the next octets is all
//! there is to allocating, which makes a call cheaper and a module smaller than a general allocator would. The last
//! block can grow in place and be taken back, which covers strings and vectors that are being built.
//!
//! A policy that frees and allocates megabytes over and over in one call is better off with the standard library's
//! allocator: leave the feature `bump-allocator` out.

#![allow(unsafe_code, reason = "an allocator hands out raw memory")]

use std::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32,
    cell::Cell,
    ptr,
};

#[global_allocator]
static ALLOCATOR: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

unsafe extern "C" {
    /// Where the linker says that the module's data ends. Only its address means anything.
    static __heap_base: u8;
}

struct Bump {
    /// The first octet that nobody has; 0 before the first block.
    next: Cell<usize>,
    /// Where the memory ends that the instance has.
    end: Cell<usize>,
}

// SAFETY: the contract's modules have one thread: the host refuses shared memories.
unsafe impl Sync for Bump {}

impl Bump {
    /// Moves `next` past `size` octets at `align`, growing the memory when it does not reach; none when it cannot grow.
    fn take(&self, size: usize, align: usize) -> Option<usize> {
        if self.next.get() == 0 {
            self.next.set((&raw const __heap_base).addr());
            self.end.set(wasm32::memory_size::<0>().checked_mul(PAGE)?);
        }
        let start = self.next.get().checked_next_multiple_of(align)?;
        let end = start.checked_add(size)?;
        self.reach(end)?;
        self.next.set(end);
        Some(start)
    }

    fn reach(&self, end: usize) -> Option<()> {
        let missing = end.saturating_sub(self.end.get());
        if missing > 0 {
            let pages = missing.div_ceil(PAGE);
            if wasm32::memory_grow::<0>(pages) == usize::MAX {
                return None;
            }
            self.end.set(self.end.get().checked_add(pages.checked_mul(PAGE)?)?);
        }
        Some(())
    }

    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        block.addr().checked_add(size) == Some(self.next.get())
    }
}

const PAGE: usize = 64 << 10;

// SAFETY: `take` never gives an octet twice unless `dealloc` or `realloc` has taken back the last block; what it gives
// is aligned, lies between `__heap_base` and the end of the memory, and nothing else in the module allocates there.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align()).map_or(ptr::null_mut(), ptr::with_exposed_provenance_mut)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_last(block, layout.size()) {
            self.next.set(block.addr());
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if self.is_last(block, layout.size())
            && let Some(end) = block.addr().checked_add(new_size)
            && self.reach(end).is_some()
        {
            self.next.set(end);
            return block;
        }
        if new_size <= layout.size() {
            return block;
        }
        match self.take(new_size, layout.align()) {
            None => ptr::null_mut(),
            Some(start) => {
                let new = ptr::with_exposed_provenance_mut(start);
                // SAFETY: both are blocks of this allocator, of at least so many octets, and cannot overlap.
                unsafe { ptr::copy_nonoverlapping(block, new, layout.size()) };
                new
            }
        }
    }
}
