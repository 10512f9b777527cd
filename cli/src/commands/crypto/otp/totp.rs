//! The one-time password of a secret at a time (RFC 4226 §5.3, RFC 6238 §4).

use aws_lc_rs::hmac;
use clap::{Args, ValueEnum};
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

/// How a secret and a time become a password.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Parameters {
    /// How long one password is good, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub period: u32,
    /// Digits of a password
    #[arg(long, alias = "digits", value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u32).range(6..=9))]
    pub length: u32,
    /// Hash function
    #[arg(long, value_enum, ignore_case = true, default_value = "SHA1")]
    pub alg: Algorithm,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(super) enum Algorithm {
    /// What every authenticator knows
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    /// As an `otpauth` URL writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

impl Parameters {
    /// The password at a time, in seconds since 1970.
    pub(super) fn password(&self, secret: &[u8], at: u64) -> Zeroizing<String> {
        let counter = at / u64::from(self.period);
        let tag = hmac::sign(&hmac::Key::new(self.alg.hmac(), secret), &counter.to_be_bytes());
        let tag = tag.as_ref();
        // RFC 4226 §5.3: the last four bits say where the number begins, which has 31.
        let offset = usize::from(tag.last().copied().unwrap_or_default() & 0xf);
        let octets = tag.get(offset..).and_then(|rest| rest.first_chunk()).expect("an HMAC has at least 20 octets");
        let number = u32::from_be_bytes(*octets) & 0x7fff_ffff;
        Zeroizing::new(format!("{:01$}", number % 10u32.pow(self.length), self.length as usize))
    }

    /// Whether it is the password at a time, or `skew` periods before or after.
    pub(super) fn accepts(&self, secret: &[u8], password: &str, at: u64, skew: u32) -> bool {
        let skew = i64::from(skew);
        (-skew..=skew).any(|periods| {
            let then = at.checked_add_signed(periods * i64::from(self.period));
            then.is_some_and(|then| {
                let expected = self.password(secret, then);
                aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), password.as_bytes()).is_ok()
            })
        })
    }
}

/// A secret as text.
pub(super) fn encode(secret: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(BASE32_NOPAD.encode(secret))
}

/// A secret from text: either case, blanks and padding do not count.
pub(super) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let letters = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '=');
    let text = Zeroizing::new(letters.collect::<String>().to_ascii_uppercase());
    BASE32_NOPAD.decode(text.as_bytes()).ok().filter(|secret| !secret.is_empty()).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B.
    #[test]
    fn the_published_passwords_come_out() {
        let cases = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (at, passwords) in cases {
            let algorithms = [(Algorithm::Sha1, 20), (Algorithm::Sha256, 32), (Algorithm::Sha512, 64)];
            for ((alg, length), expected) in algorithms.into_iter().zip(passwords) {
                let secret: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
                let parameters = Parameters { period: 30, length: 8, alg };
                assert_eq!(*parameters.password(&secret, at), expected, "{alg:?} {at}");
                assert!(parameters.accepts(&secret, expected, at, 0));
                assert!(parameters.accepts(&secret, expected, at + 30, 1));
                assert!(!parameters.accepts(&secret, expected, at + 30, 0));
                assert!(!parameters.accepts(&secret, expected, at + 60, 1));
            }
        }
    }

    #[test]
    fn a_secret_reads_back_however_it_is_written() {
        let secret = b"12345678901234567890";
        assert_eq!(*encode(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(decode("gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n").expect("base32").as_slice(), secret);
        assert!(decode("").is_none() && decode("1!").is_none());
    }
}
