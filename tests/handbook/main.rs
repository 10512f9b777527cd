//! The handbook of policies, done as it says: every command run, every file written and compiled, every piece of `ca.json`
//! read by the CA, every answer compared.
//!
//! A chapter is a page, or a folder of pages, of which `README.md` is the first. Its blocks are done in one shell, in their
//! order; `block` tells what each can be. A block that nobody knows how to run fails the test, and one that is not to be run
//! says why. Chapters that compile policies need a compiler for WebAssembly. Where there is none their Rust is compiled
//! natively, and the rest of them is not done, which is said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod block;
mod chapter;
#[cfg(test)]
mod compare;
mod contract;
mod native;
mod reader;

use std::path::{Path, PathBuf};

use policy_toolchain::Toolchain;

use self::{
    block::What,
    chapter::{Chapter, chapters},
    reader::Reader,
};

#[test]
fn everything_the_handbook_says_can_be_done() {
    let chapters = chapters().unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let compiler = Toolchain::find().map_err(|error| eprintln!("no policy is compiled for WebAssembly here: {error}"));
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("handbook");
    for block in chapters.iter().flat_map(|chapter| &chapter.blocks) {
        if let What::Nothing(reason) = &block.what {
            eprintln!("not run: {}: {reason}", block.place);
        }
    }
    // One after the other: a policy has a tenth of a second for its decision, whoever else compiles.
    let outcomes = chapters.iter().map(|chapter| follow(chapter, compiler.is_ok(), &kept));
    let problems: Vec<String> = outcomes.filter_map(Result::err).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn follow(chapter: &Chapter, has_compiler: bool, kept: &Path) -> Result<(), String> {
    match chapter.compiles() && !has_compiler {
        false => Reader::new(Some(kept.join("wasm"))).follow(&chapter.blocks),
        true => {
            eprintln!("not run: {}, but for its Rust, which is compiled natively", chapter.name);
            native::compile(chapter, &kept.join("native"))
        }
    }
}
