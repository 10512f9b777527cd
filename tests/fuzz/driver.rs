//! Seeds from `corpus/`, changed at random, the same way in every run.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
};

use crate::targets;

/// Longest input, in octets.
const LONGEST: usize = 4_096;

/// Runs a target on each of its seeds, and on `cases` changed ones: `STEP_FUZZ_FACTOR` times as many when that is set.
pub(crate) fn run(name: &str, cases: usize) {
    let (_, target) = targets::ALL.iter().find(|(other, _)| *other == name).unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds in {}", corpus(name).display());
    seeds.iter().for_each(|seed| tried(name, *target, seed));
    let mut mutator = Mutator(first_state(name));
    for _ in 0..cases * factor() {
        let octets = mutator.changed(&seeds);
        tried(name, *target, &octets);
    }
}

/// A crash leaves its input behind, to be added to the corpus.
fn tried(name: &str, target: fn(&[u8]), octets: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(octets))) {
        let path = env::temp_dir().join(format!("step-fuzz-{name}"));
        let _ = fs::write(&path, octets);
        eprintln!("{name} fails on {}", path.display());
        resume_unwind(panic);
    }
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join("corpus").join(name)
}

/// The files of a folder of the corpus, in the order of their names.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(corpus(name)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn factor() -> usize {
    env::var("STEP_FUZZ_FACTOR").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1)
}

/// `STEP_FUZZ_SEED`, or the same in every run; different for each target.
fn first_state(name: &str) -> u64 {
    let seed = env::var("STEP_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5_280);
    // FNV-1a.
    name.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |state: u64, octet| {
        (state ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Changes octets at random: SplitMix64 decides.
struct Mutator(u64);

/// Numbers and octets at which readers go wrong: ends of ranges, lengths of DER, quotes, separators.
const SPECIAL: &[&[u8]] = &[
    &[0],
    &[0x7f],
    &[0x80],
    &[0xff],
    &[0x30, 0x80],
    &[0x82, 0xff, 0xff],
    &[0x84, 0xff, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff],
    &[0, 0, 0, 0x80],
    &[0xf8, 0xff, 0xff, 0xff],
    b"..",
    b"\"",
    b"{}",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"\\u0000",
    b"1e999",
    b"-1",
    b"99999999999999999999",
    b"=",
    b"\r\n",
    b"-----",
    b"%00",
    "\u{202e}".as_bytes(),
    "\u{fffd}".as_bytes(),
    b"xn--",
    b"*.",
];

impl Mutator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `limit`, or 0.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// A seed with one to eight changes.
    fn changed(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut octets = self.one(seeds).clone();
        for _ in 0..=self.below(8) {
            self.change(&mut octets, seeds);
        }
        octets.truncate(LONGEST.max(seeds.iter().map(Vec::len).max().unwrap_or(0)));
        octets
    }

    fn change(&mut self, octets: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let place = self.below(octets.len());
        let end = (place + 1 + self.below(32)).min(octets.len());
        match self.below(9) {
            0 if !octets.is_empty() => octets[place] ^= 1 << self.below(8),
            1 if !octets.is_empty() => octets[place] = u8::try_from(self.below(256)).unwrap(),
            2 if !octets.is_empty() => octets[place] = octets[place].wrapping_add(1),
            3 => octets.truncate(place),
            4 => drop(octets.drain(place..end)),
            5 => {
                let copied = octets[place..end].to_vec();
                let to = self.below(octets.len() + 1);
                octets.splice(to..to, copied);
            }
            6 => {
                let special = *self.one(SPECIAL);
                octets.splice(place..place, special.iter().copied());
            }
            7 => {
                let special = *self.one(SPECIAL);
                octets.splice(place..(place + special.len()).min(octets.len()), special.iter().copied());
            }
            _ => {
                // The tail of another seed.
                let other = self.one(seeds);
                let from = self.below(other.len());
                octets.truncate(place);
                octets.extend(&other[from..]);
            }
        }
    }
}
