//! Policies that always give one and the same answer, whatever they are asked.
//!
//! No compiler is needed for one: the answer is laid out in memory as the canonical ABI of the component model has it,
//! and every function of the module returns its address.

mod image;

use std::fmt::Write;

use policy_runtime::contract::{
    check::{self, Edit},
    provisioner::{self, SignGrant},
    types::{ConfigError, Denial, Identity},
};

use self::image::Image;
use crate::guest::module;

/// A check that gives this answer about every draft.
pub fn check(answer: &Result<Vec<Edit>, Denial>) -> Vec<u8> {
    let all = check::Descriptor { operations: check::Operations::all(), inputs: check::Inputs::empty() };
    check_with(&Ok(all), answer)
}

/// A check that does not take its configuration.
pub fn misconfigured_check(errors: Vec<ConfigError>) -> Vec<u8> {
    check_with(&Err(errors), &Ok(Vec::new()))
}

fn check_with(init: &Result<check::Descriptor, Vec<ConfigError>>, answer: &Result<Vec<Edit>, Denial>) -> Vec<u8> {
    let mut image = Image::new();
    let (init, answer) = (image.place(init), image.place(answer));
    let parameters = format!("{}i64", "i32 ".repeat(12));
    let functions = [("init", parameters.as_str(), init), ("review", "i32", answer)];
    text("check", &functions, image)
}

/// A provisioner that gives these answers to everybody.
pub struct Provisioner {
    /// What it says of itself.
    pub descriptor: Result<provisioner::Descriptor, Vec<ConfigError>>,
    /// Its answer to a token.
    pub sign: Result<SignGrant, Denial>,
    /// Its answer to a certificate.
    pub renew: Result<Identity, Denial>,
}

impl Provisioner {
    /// The module.
    pub fn module(&self) -> Vec<u8> {
        let mut image = Image::new();
        let init = image.place(&self.descriptor);
        let (sign, renew) = (image.place(&self.sign), image.place(&self.renew));
        let functions = [
            ("init", "i32", init),
            ("authorize-sign", "i32", sign),
            ("authorize-renew", "i32", renew),
            ("authorize-revoke", "i32", renew),
        ];
        text("provisioner", &functions, image)
    }
}

/// The module whose functions return these addresses.
fn text(interface: &str, functions: &[(&str, &str, u32)], image: Image) -> Vec<u8> {
    let mut text = format!(";; world: {interface}-module\n(module\n  (memory (export \"memory\") 4)\n");
    let octets: String = image.octets().iter().fold(String::new(), |mut text, octet| {
        write!(text, "\\{octet:02x}").expect("a String takes all text");
        text
    });
    let mut line = |text_line: String| {
        text.push_str(&text_line);
        text.push('\n');
    };
    line(format!("  (data (i32.const {}) \"{octets}\")", Image::BASE));
    line(format!("  (global $free (mut i32) (i32.const {}))", image.end().next_multiple_of(8)));
    line(REALLOC.to_owned());
    for (function, parameters, address) in functions {
        line(format!(
            "  (func (export \"step:policy/{interface}@0.1.0#{function}\") (param {parameters}) (result i32) \
             (i32.const {address}))"
        ));
    }
    line(")".to_owned());
    module(&text)
}

/// Hands out memory once.
const REALLOC: &str = "  (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))";
