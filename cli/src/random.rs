//! Random octets of the system, in the shapes commands need.

use aws_lc_rs::rand;

/// So many octets.
pub(crate) fn octets<const COUNT: usize>() -> [u8; COUNT] {
    let mut octets = [0; COUNT];
    rand::fill(&mut octets).expect("the system has random numbers");
    octets
}

/// A whole number from 0 to `bound` − 1; 0 when `bound` is 0.
pub(crate) fn below(bound: u64) -> u64 {
    // The bias of a remainder is 2⁻⁶⁴ of the bound: nothing for jitter, which is all this is for.
    u64::from_be_bytes(octets()).checked_rem(bound).unwrap_or(0)
}

/// A version 4 UUID (RFC 9562 §5.4).
pub(crate) fn uuid() -> String {
    let random = u128::from_be_bytes(octets());
    let versioned = random & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let hex = format!("{versioned:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default().to_owned());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        let uuid = uuid();
        let letters: Vec<char> = uuid.chars().collect();
        assert_eq!((uuid.len(), letters[8], letters[14]), (36, '-', '4'), "{uuid}");
        assert!("89ab".contains(letters[19]), "{uuid}");
    }

    #[test]
    fn a_number_stays_below_its_bound() {
        assert_eq!((below(0), below(1)), (0, 0));
        assert!((0..1000).all(|_| below(7) < 7));
    }
}
