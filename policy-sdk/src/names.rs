//! Names a credential asks for, sorted into the kinds of subjectAltName (RFC 5280 §4.2.1.6).

use std::net::IpAddr;

use crate::types::SubjectAltNames;

/// Sorts names into kinds, as the `sans` claim of a token lists them.
///
/// Empty ones are skipped. A name that parses as an address is an address; one that begins with a scheme and a colon is
/// a URI, `name:80` too; one with an `@` is an e-mail address; any other is a DNS name. Addresses and DNS names are put
/// into their canonical text form and nothing is named twice, but whether a name is well-formed is left to the host.
pub fn classify<'a>(names: impl IntoIterator<Item = &'a str>) -> SubjectAltNames {
    let mut classified = SubjectAltNames::default();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        let (kind, name) = match name.parse::<IpAddr>() {
            Ok(address) => (&mut classified.ip_addresses, address.to_string()),
            Err(_) if has_scheme(name) => (&mut classified.uris, name.to_owned()),
            Err(_) if name.contains('@') => (&mut classified.email_addresses, name.to_owned()),
            Err(_) => (&mut classified.dns_names, name.to_ascii_lowercase()),
        };
        if !kind.contains(&name) {
            kind.push(name);
        }
    }
    classified
}

/// `scheme ":"` (RFC 3986 §3.1).
fn has_scheme(name: &str) -> bool {
    name.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
    })
}

/// Whether a text that becomes a name holds what no name may: control characters, line ends, or marks that make it read
/// differently from what it is (the bidirectional controls of Unicode).
pub fn has_controls(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

impl SubjectAltNames {
    /// Whether there is no name of any kind.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Every name: DNS names, addresses, e-mail addresses, URIs.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let kinds = [&self.dns_names, &self.ip_addresses, &self.email_addresses, &self.uris];
        kinds.into_iter().flatten().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_name_is_of_one_kind() {
        let names = classify([
            "",
            "db.example.com",
            "DB.example.com",
            "192.0.2.7",
            "2001:DB8:0::1",
            "admin@example.com",
            "https://example.com/x",
            "spiffe://example.com/db",
            "name:80",
            "mailto:a@b",
        ]);
        assert_eq!(names.dns_names, ["db.example.com"]);
        assert_eq!(names.ip_addresses, ["192.0.2.7", "2001:db8::1"]);
        assert_eq!(names.email_addresses, ["admin@example.com"]);
        assert_eq!(names.uris, ["https://example.com/x", "spiffe://example.com/db", "name:80", "mailto:a@b"]);
    }

    #[test]
    fn what_only_looks_like_a_uri_is_none() {
        assert_eq!(classify(["127.0.0.1:80", ":x", "a b:c"]).dns_names, ["127.0.0.1:80", ":x", "a b:c"]);
        assert_eq!(classify(["user@host:80"]).email_addresses, ["user@host:80"]);
    }

    #[test]
    fn controls_are_found_wherever_they_hide() {
        for text in ["a\0", "a\nb", "\u{7f}", "\u{85}", "admin\u{202e}moc", "\u{2066}", "\u{2028}", "\u{200f}"] {
            assert!(has_controls(text), "{text:?}");
        }
        assert!(!has_controls("größe 7"));
    }

    proptest! {
        #[test]
        fn every_name_lands_somewhere(name in ".{1,40}") {
            prop_assert!(!classify([name.as_str()]).is_empty());
        }
    }
}
