//! How large a message may be. Everything here is refused before any cryptography is done.

/// A compact token or an encrypted key, in octets.
pub const TOKEN: usize = 64 * 1024;

/// A decoded protected header, in octets.
pub const HEADER: usize = 16 * 1024;

/// `kid` of a header or a key, in octets.
pub const KID: usize = 256;

/// `jti` of a token, in octets.
pub const JTI: usize = 256;

/// `sub` of a token, in octets.
pub const SUB: usize = 1024;

/// `iss` of a token, in octets.
pub const ISS: usize = 1024;

/// Elements of `aud`.
pub const AUDIENCES: usize = 16;

/// Certificates of an `x5c` header.
pub const CERTIFICATES: usize = 4;

/// Objects and arrays inside one another; the outermost counts.
pub const JSON_DEPTH: usize = 32;

/// The last second of the year 9999, the end of what RFC 5280 §4.1.2.5 can say.
pub const LAST_SECOND: i64 = 253_402_300_799;

/// Bits of an RSA modulus (RFC 7518 §3.3 asks for 2048 or more).
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Public exponents of an RSA key.
pub const RSA_EXPONENT: std::ops::RangeInclusive<u64> = 65_537..=u32::MAX as u64;

/// Rounds of PBKDF2 (RFC 7518 §4.8.1.2): fewer protect nothing, more are a way to keep a processor busy.
pub const PBES2_ITERATIONS: std::ops::RangeInclusive<u32> = 1000..=2_000_000;

/// The shortest salt of PBES2 (RFC 7518 §4.8.1.1), in octets.
pub const PBES2_SALT: usize = 8;
