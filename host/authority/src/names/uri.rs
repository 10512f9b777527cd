//! URIs.

use std::fmt;
use std::str::FromStr;

use super::dns;
use super::error::{NameError, NameKind, NameProblem};
use super::ip::parse_ip_address;

/// Longest URI, in octets.
pub const MAX_URI: usize = 2048;

/// An absolute URI (RFC 3986 §4.3), e.g. `spiffe://example.org/db`: no user
/// information, no fragment, scheme and host in lower case, the host a DNS
/// name or an address. A URI without authority (`urn:…`) has no host.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Uri(String);

impl Uri {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uri {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        canonical(text).map(Self).map_err(|problem| NameError::new(NameKind::Uri, text, problem))
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Uri {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Schemes without any meaning when there is no host (RFC 9110 §4.2, RFC 6455 §3). Browsers read one into what follows.
const NEEDS_HOST: [&str; 4] = ["http", "https", "ws", "wss"];

/// What stands before the first colon, if that is a scheme (RFC 3986 §3.1).
pub(super) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let begins_with_letter = scheme.starts_with(|character: char| character.is_ascii_alphabetic());
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (begins_with_letter && is_scheme).then_some(scheme)
}

fn canonical(text: &str) -> Result<String, NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.len() > MAX_URI {
        return Err(NameProblem::TooLong { limit: MAX_URI });
    }
    let scheme = scheme(text).ok_or(NameProblem::NotAbsolute)?;
    let rest = text.get(scheme.len() + 1..).unwrap_or_default();
    if rest.is_empty() {
        return Err(NameProblem::NotAbsolute);
    }
    check_characters(rest)?;
    let scheme = scheme.to_ascii_lowercase();
    let Some(hierarchy) = rest.strip_prefix("//") else {
        if NEEDS_HOST.contains(&scheme.as_str()) {
            return Err(NameProblem::Empty);
        }
        check_brackets(rest)?;
        return Ok(format!("{scheme}:{rest}"));
    };
    let end = hierarchy.find(['/', '?']).unwrap_or(hierarchy.len());
    let (authority, path) = hierarchy.split_at(end);
    check_brackets(path)?;
    Ok(format!("{scheme}://{}{path}", canonical_authority(authority)?))
}

fn canonical_authority(authority: &str) -> Result<String, NameProblem> {
    if authority.contains('@') {
        return Err(NameProblem::UserInformation);
    }
    if let Some((address, after)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let address = parse_ip_address(address).map_err(|error| error.problem)?;
        return match after.strip_prefix(':') {
            _ if address.is_ipv4() => Err(NameProblem::Address),
            Some(port) => Ok(format!("[{address}]:{}", number(port)?)),
            None if after.is_empty() => Ok(format!("[{address}]")),
            None => Err(NameProblem::Address),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, format!(":{}", number(port)?)),
        None => (authority, String::new()),
    };
    match parse_ip_address(host) {
        Ok(address) => Ok(format!("{address}{port}")),
        Err(_) => Ok(dns::host(host)? + &port),
    }
}

fn number(port: &str) -> Result<u16, NameProblem> {
    let is_canonical = port.bytes().all(|digit| digit.is_ascii_digit()) && !port.starts_with('0');
    port.parse().ok().filter(|_| is_canonical).ok_or(NameProblem::Port)
}

/// Unreserved, reserved and percent-encoded characters (RFC 3986 §2).
fn check_characters(text: &str) -> Result<(), NameProblem> {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '#' => return Err(NameProblem::Fragment),
            '%' => {
                let mut is_hex = || characters.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                if !(is_hex() && is_hex()) {
                    return Err(NameProblem::Character('%'));
                }
            }
            character if character.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=".contains(character) => {}
            character => return Err(NameProblem::Character(character)),
        }
    }
    Ok(())
}

/// Square brackets stand round an address and nowhere else (RFC 3986 §3.2.2).
fn check_brackets(text: &str) -> Result<(), NameProblem> {
    match text.chars().find(|character| "[]".contains(*character)) {
        Some(bracket) => Err(NameProblem::Character(bracket)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_host_are_lower_cased_and_the_rest_kept() {
        for (text, canonical) in [
            ("SPIFFE://Example.org/Ns/A?Q=1", "spiffe://example.org/Ns/A?Q=1"),
            ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
            ("https://10.0.0.1", "https://10.0.0.1"),
            ("urn:uuid:F81D4FAE-7dec", "urn:uuid:F81D4FAE-7dec"),
            ("name:80", "name:80"),
            ("https://h/%41", "https://h/%41"),
        ] {
            assert_eq!(text.parse::<Uri>().unwrap().as_str(), canonical);
        }
    }

    #[test]
    fn what_is_no_absolute_uri_is_refused() {
        use NameProblem::*;
        for (text, expected) in [
            ("", Empty),
            ("/path", NotAbsolute),
            ("//host/path", NotAbsolute),
            ("host", NotAbsolute),
            ("1a:b", NotAbsolute),
            ("a:", NotAbsolute),
            ("https://", Empty),
            ("https:///path", Empty),
            ("https:/path", Empty),
            ("HTTP:host", Empty),
            ("https://user@host/", UserInformation),
            ("https://host/#top", Fragment),
            ("https://host:x/", Port),
            ("https://host:/", Port),
            ("https://host:70000/", Port),
            ("https://a_b/", Character('_')),
            ("https://*.example.com/", Wildcard),
            ("https://010.0.0.1/", NumericLastLabel),
            ("https://[10.0.0.1]/", Address),
            ("https://[::1]x/", Address),
            ("https://[::ffff:1.2.3.4]/", MappedAddress),
            ("https://host/a b", Character(' ')),
            ("https://host/\0", Character('\0')),
            ("https://host/ü", Character('ü')),
            ("https://host/%4", Character('%')),
            ("https://host/<", Character('<')),
            ("https://host/[a", Character('[')),
            ("https://host/?a]", Character(']')),
            ("https://[::1]/[::1]", Character('[')),
            ("urn:a[0]", Character('[')),
        ] {
            assert_eq!(text.parse::<Uri>().unwrap_err().problem, expected, "{text:?}");
        }
        let long = |length: usize| format!("a:{}", "b".repeat(length - 2));
        assert!(long(2048).parse::<Uri>().is_ok());
        assert!(long(2049).parse::<Uri>().is_err());
    }
}
