//! Serial numbers (RFC 5280 §4.1.2.2).

use std::fmt;
use std::str::FromStr;

use num_bigint::BigUint;
use thiserror::Error;

/// The number an issuer knows a certificate by: not negative, at most 20
/// octets.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SerialNumber([u8; Self::OCTETS]);

impl SerialNumber {
    /// RFC 5280 §4.1.2.2 asks every reader to handle 20 octets and no more.
    pub const OCTETS: usize = 20;

    /// The serial number of a certificate we issue, from 20 octets of a
    /// cryptographic random generator: 159 of their bits are kept, so that
    /// the number is positive without a twenty-first octet.
    pub fn from_random(mut octets: [u8; Self::OCTETS]) -> Self {
        octets[0] &= 0x7f;
        if octets == [0; Self::OCTETS] {
            octets[Self::OCTETS - 1] = 1;
        }
        Self(octets)
    }

    /// From a big-endian number without sign. Leading zeros do not matter.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SerialNumberError> {
        let zeros = bytes.iter().take_while(|octet| **octet == 0).count();
        let significant = bytes.iter().skip(zeros).rev();
        if significant.len() > Self::OCTETS {
            return Err(SerialNumberError::TooLong);
        }
        let mut octets = [0; Self::OCTETS];
        for (octet, byte) in octets.iter_mut().rev().zip(significant) {
            *octet = *byte;
        }
        // With the top bit set the INTEGER would need 21 octets.
        if octets[0] & 0x80 == 0 { Ok(Self(octets)) } else { Err(SerialNumberError::TooLong) }
    }

    /// Big-endian, with leading zeros.
    pub fn as_bytes(&self) -> &[u8; Self::OCTETS] {
        &self.0
    }

    /// Lower-case hexadecimal without leading zeros.
    pub fn hex(&self) -> String {
        BigUint::from_bytes_be(&self.0).to_str_radix(16)
    }
}

/// Decimal, as the API and the CLI write serial numbers.
impl fmt::Display for SerialNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", BigUint::from_bytes_be(&self.0))
    }
}

/// Reads decimal, or hexadecimal after `0x`.
impl FromStr for SerialNumber {
    type Err = SerialNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        // 159 bits have 48 decimal digits; more are not worth converting.
        if digits.is_empty() || digits.len() > 64 || !digits.chars().all(|digit| digit.is_digit(radix)) {
            return Err(SerialNumberError::NotANumber);
        }
        let number = BigUint::parse_bytes(digits.as_bytes(), radix).ok_or(SerialNumberError::NotANumber)?;
        Self::from_bytes(&number.to_bytes_be())
    }
}

/// Why something is not a serial number.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SerialNumberError {
    /// Not digits.
    #[error("a serial number is a decimal number, or a hexadecimal one after 0x")]
    NotANumber,
    /// More than 159 bits.
    #[error("a serial number has at most 20 octets")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn random_octets_give_a_positive_number_that_is_not_zero() {
        assert_eq!(SerialNumber::from_random([0; 20]).to_string(), "1");
        assert_eq!(SerialNumber::from_random([0xff; 20]).hex(), format!("7f{}", "ff".repeat(19)));
    }

    #[test]
    fn decimal_and_hexadecimal_name_the_same_number() {
        let serial: SerialNumber = "255".parse().unwrap();
        assert_eq!("0xff".parse(), Ok(serial));
        assert_eq!(serial.to_string(), "255");
        assert_eq!(serial.hex(), "ff");
        assert_eq!("0".parse::<SerialNumber>().unwrap().hex(), "0");
    }

    #[test]
    fn what_is_not_a_number_or_too_long_is_refused() {
        for text in ["", "-1", "+1", "ff", "0x", "1_0", " 1", &"9".repeat(65)] {
            assert_eq!(text.parse::<SerialNumber>(), Err(SerialNumberError::NotANumber), "{text}");
        }
        let highest = (BigUint::from(1_u8) << 159_u8) - 1_u8;
        assert!(highest.to_string().parse::<SerialNumber>().is_ok());
        assert_eq!((highest + 1_u8).to_string().parse::<SerialNumber>(), Err(SerialNumberError::TooLong));
        assert_eq!(SerialNumber::from_bytes(&[1; 21]), Err(SerialNumberError::TooLong));
    }

    proptest! {
        #[test]
        fn a_serial_number_reads_back_from_every_form(octets: [u8; 20]) {
            let serial = SerialNumber::from_random(octets);
            prop_assert_eq!(serial.to_string().parse(), Ok(serial));
            prop_assert_eq!(format!("0x{}", serial.hex()).parse(), Ok(serial));
            prop_assert_eq!(SerialNumber::from_bytes(serial.as_bytes()), Ok(serial));
        }
    }
}
