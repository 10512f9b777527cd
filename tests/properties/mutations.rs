//! Ways to damage octets that were good.

use proptest::prelude::*;

/// One way.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Flip(u8),
    Set(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Cut,
    /// A length octet of DER, as large as it gets.
    Length(u8),
}

/// Any of them.
pub(crate) fn mutated() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (0_u8..8).prop_map(Mutation::Flip),
        any::<u8>().prop_map(Mutation::Set),
        proptest::collection::vec(any::<u8>(), 1..9).prop_map(Mutation::Insert),
        (1_usize..9).prop_map(Mutation::Remove),
        (1_usize..40).prop_map(Mutation::Repeat),
        Just(Mutation::Cut),
        (0x80_u8..=0x8f).prop_map(Mutation::Length),
    ]
}

impl Mutation {
    /// Damages `octets` at a place.
    pub(crate) fn apply(&self, octets: &[u8], place: prop::sample::Index) -> Vec<u8> {
        let place = place.index(octets.len());
        let (head, tail) = octets.split_at(place);
        let some = |length: usize| &tail[..length.min(tail.len())];
        match self {
            Self::Flip(bit) => [head, &[tail[0] ^ (1 << bit)], &tail[1..]].concat(),
            Self::Set(octet) | Self::Length(octet) => [head, &[*octet], &tail[1..]].concat(),
            Self::Insert(more) => [head, more, tail].concat(),
            Self::Remove(length) => [head, &tail[some(*length).len()..]].concat(),
            Self::Repeat(length) => [head, some(*length), tail].concat(),
            Self::Cut => head.to_vec(),
        }
    }
}
