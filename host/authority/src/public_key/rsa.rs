//! Weak RSA keys, as far as a public key shows it.

use num_bigint::BigUint;

use super::info::{SubjectPublicKeyInfo, rsa_public_key};
use super::{KeyError, KeyKind};

const MIN_BITS: u32 = 2048;
const MAX_BITS: u32 = 8192;
const MIN_EXPONENT: u32 = 65537;
/// Rounds of Fermat's method: enough for primes that were made one after the
/// other, far too few for primes chosen apart.
const FERMAT_ROUNDS: u32 = 100;

pub(super) fn check(info: &SubjectPublicKeyInfo) -> Result<(), KeyError> {
    let KeyKind::Rsa { bits } = info.kind() else {
        return Err(KeyError::Malformed);
    };
    check_size(bits)?;
    let (modulus, exponent) = rsa_public_key(info.key()).map_err(|_| KeyError::Malformed)?;
    check_exponent(exponent.as_bytes())?;
    check_modulus(&BigUint::from_bytes_be(modulus.as_bytes()))
}

fn check_size(bits: u32) -> Result<(), KeyError> {
    match (MIN_BITS..=MAX_BITS).contains(&bits) && bits.is_multiple_of(8) {
        true => Ok(()),
        false => Err(KeyError::RsaSize { bits }),
    }
}

fn check_exponent(exponent: &[u8]) -> Result<(), KeyError> {
    let exponent = BigUint::from_bytes_be(exponent);
    match u32::try_from(&exponent) {
        Ok(exponent) if exponent >= MIN_EXPONENT && exponent % 2 == 1 => Ok(()),
        _ => Err(KeyError::RsaExponent),
    }
}

fn check_modulus(modulus: &BigUint) -> Result<(), KeyError> {
    let residues = residues(modulus);
    if let Some(&(prime, _)) = residues.iter().find(|(_, residue)| *residue == 0) {
        return Err(KeyError::RsaSmallFactor { prime });
    }
    if is_roca(&residues) {
        return Err(KeyError::RsaRoca);
    }
    if has_close_primes(modulus) { Err(KeyError::RsaClosePrimes) } else { Ok(()) }
}

/// The modulus modulo each prime up to 751, in ascending order. The long
/// division is done once for as many primes as fit into a machine word.
fn residues(modulus: &BigUint) -> Vec<(u32, u32)> {
    let mut residues = Vec::with_capacity(PRIMES.len());
    let mut rest = PRIMES.as_slice();
    while !rest.is_empty() {
        let mut product: u32 = 1;
        let fits = rest.iter().take_while(|prime| product.checked_mul(**prime).map(|more| product = more).is_some());
        let (group, later) = rest.split_at(fits.count());
        let residue = u32::try_from(modulus % product).expect("a residue is below its modulus");
        residues.extend(group.iter().map(|prime| (*prime, residue % prime)));
        rest = later;
    }
    residues
}

/// The fingerprint of CVE-2017-15361 ("ROCA"): those primes have the form
/// k·M + 65537^a mod M, M being the product of the first primes, so modulo
/// every one of them the key is a power of 65537. By chance that happens to
/// one key in 2^27.
fn is_roca(residues: &[(u32, u32)]) -> bool {
    const LARGEST: u32 = 167;
    residues
        .iter()
        .filter(|(prime, _)| (3..=LARGEST).contains(prime))
        .all(|(prime, residue)| is_power_of_65537(*residue, *prime))
}

fn is_power_of_65537(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    for _ in 1..prime {
        if power == residue {
            return true;
        }
        power = power * (65537 % prime) % prime;
    }
    false
}

/// Fermat's method: a² − n = b² gives n = (a − b)(a + b), and a is found at
/// once when the factors are close.
fn has_close_primes(modulus: &BigUint) -> bool {
    let mut a = modulus.sqrt();
    if &a * &a < *modulus {
        a += 1_u32;
    }
    let mut b_squared = &a * &a - modulus;
    for _ in 0..FERMAT_ROUNDS {
        if is_square(&b_squared) {
            return true;
        }
        b_squared += (&a << 1_u32) + 1_u32;
        a += 1_u32;
    }
    false
}

fn is_square(number: &BigUint) -> bool {
    // A square root is dear. Most numbers are no squares modulo one of these.
    const MODULI: [u32; 5] = [64, 63, 65, 11 * 17 * 19, 13 * 23 * 31];
    let could_be = MODULI.iter().all(|modulus| {
        let residue = u32::try_from(number % *modulus).expect("a residue is below its modulus");
        is_square_modulo(residue, *modulus)
    });
    could_be && {
        let root = number.sqrt();
        &root * &root == *number
    }
}

fn is_square_modulo(residue: u32, modulus: u32) -> bool {
    (0..=modulus / 2).any(|root| root * root % modulus == residue)
}

/// The primes up to 751.
const PRIMES: [u32; 133] = primes();

#[expect(clippy::indexing_slicing, reason = "worked out by the compiler")]
const fn primes<const COUNT: usize>() -> [u32; COUNT] {
    let mut primes = [0; COUNT];
    let mut found = 0;
    let mut candidate = 2;
    while found < COUNT {
        let mut divisor = 2;
        while candidate % divisor != 0 {
            divisor += 1;
        }
        if divisor == candidate {
            primes[found] = candidate;
            found += 1;
        }
        candidate += 1;
    }
    primes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_prime(from: BigUint) -> BigUint {
        let mut candidate = from | BigUint::from(1_u8);
        let two = BigUint::from(2_u8);
        let is_prime = |candidate: &BigUint| {
            PRIMES.iter().all(|prime| candidate % *prime != BigUint::ZERO)
                && two.modpow(&(candidate - 1_u8), candidate) == BigUint::from(1_u8)
        };
        while !is_prime(&candidate) {
            candidate += 2_u8;
        }
        candidate
    }

    #[test]
    fn the_primes_end_at_751() {
        assert_eq!((PRIMES[0], PRIMES[1], PRIMES[PRIMES.len() - 1]), (2, 3, 751));
    }

    #[test]
    fn sizes_are_held_to_at_the_edges() {
        for bits in [2048, 2056, 4096, 8184, 8192] {
            assert_eq!(check_size(bits), Ok(()));
        }
        for bits in [0, 1024, 2040, 2047, 2049, 8191, 8193, 8200] {
            assert_eq!(check_size(bits), Err(KeyError::RsaSize { bits }));
        }
    }

    #[test]
    fn exponents_that_are_even_small_or_huge_are_refused() {
        for exponent in [0, 1, 2, 3, 17, 65535, 65536, 65538, 1_u64 << 32, (1 << 32) + 1] {
            assert_eq!(check_exponent(&exponent.to_be_bytes()), Err(KeyError::RsaExponent), "{exponent}");
        }
        for exponent in [65537, 65539, u64::from(u32::MAX)] {
            assert_eq!(check_exponent(&exponent.to_be_bytes()), Ok(()), "{exponent}");
        }
    }

    #[test]
    fn a_small_factor_is_found_whichever_it_is() {
        let cofactor = next_prime(BigUint::from(1_u8) << 300_u32);
        for prime in PRIMES {
            assert_eq!(check_modulus(&(&cofactor * prime)), Err(KeyError::RsaSmallFactor { prime }));
        }
        assert_eq!(residues(&(&cofactor * 757_u32)).iter().find(|(_, residue)| *residue == 0), None);
    }

    #[test]
    fn neighbouring_primes_are_found_and_distant_ones_are_not() {
        let one = next_prime(BigUint::from(3_u8) << 510_u32);
        let neighbour = next_prime(&one + 2_u8);
        let distant = next_prime(&one + (BigUint::from(1_u8) << 500_u32));
        assert_eq!(check_modulus(&(&one * neighbour)), Err(KeyError::RsaClosePrimes));
        assert_eq!(check_modulus(&(&one * &one)), Err(KeyError::RsaClosePrimes));
        assert_eq!(check_modulus(&(one * distant)), Ok(()));
    }

    #[test]
    fn primes_of_the_roca_form_are_recognised() {
        let primorial = PRIMES.iter().take_while(|prime| **prime <= 167).fold(BigUint::from(1_u8), |m, p| m * *p);
        let roca_prime = |mut k: BigUint, a: u32| {
            let residue = BigUint::from(65537_u32).modpow(&BigUint::from(a), &primorial);
            loop {
                let candidate = &k * &primorial + &residue;
                if next_prime(candidate.clone()) == candidate {
                    return candidate;
                }
                k += 1_u8;
            }
        };
        let p = roca_prime(BigUint::from(1_u8) << 40_u32, 12_345);
        let q = roca_prime(BigUint::from(7_u8) << 44_u32, 6_789);
        assert_eq!(check_modulus(&(p * q)), Err(KeyError::RsaRoca));
    }

    #[test]
    fn the_square_filter_lets_every_square_through() {
        for root in 0_u32..5_000 {
            assert!(is_square(&BigUint::from(u64::from(root) * u64::from(root))));
        }
        let squares = (0_u32..5_000).filter(|number| is_square(&BigUint::from(*number))).count();
        assert_eq!(squares, 71);
    }
}
