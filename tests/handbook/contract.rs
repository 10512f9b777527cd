//! Pieces of the contract in the handbook are pieces of the contract.

use std::fs;

use crate::{
    block::{Block, What},
    chapter::folder,
};

/// A sentence about a block that claims to be of the contract, and is not.
pub(crate) fn not_in_it(block: &Block) -> Option<String> {
    if block.what != What::Contract {
        return None;
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let wanted = words(&block.text);
    let is_in = |text: String| words(&text).windows(wanted.len()).any(|part| part == wanted);
    let files = fs::read_dir(folder().join("../wit/v0.1")).unwrap();
    let stands = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).any(is_in);
    (!stands).then(|| format!("{}: this stands nowhere in the contract", block.place))
}
