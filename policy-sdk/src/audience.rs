//! The audience of a token (RFC 7519 §4.1.3), which must be this CA and this operation.

use std::borrow::Cow;

/// Whether one of a token's audiences is one of the accepted ones.
///
/// An audience is accepted letter for letter, or as an `https` URL that differs in nothing but a port: a CA behind a
/// port mapping does not know the port its clients use. Scheme and host are compared in lower case; user information, a
/// query, a fragment, another path or a trailing slash make another audience.
pub fn is_accepted(audiences: &[String], accepted: &[String]) -> bool {
    audiences.iter().any(|audience| {
        let portless = without_port(audience);
        accepted.iter().any(|accepted| accepted == audience || portless.as_deref() == Some(accepted))
    })
}

/// The URL without its port, scheme and host in lower case; nothing when it is not `https://host[:port]/path`.
fn without_port(url: &str) -> Option<Cow<'_, str>> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find('/')?);
    let host = match authority.rfind(':').filter(|&colon| !authority[colon..].contains(']')) {
        None => authority,
        Some(colon) => {
            let (host, port) = authority.split_at(colon);
            port[1..].parse::<u16>().ok().filter(|_| port[1..].bytes().all(|octet| octet.is_ascii_digit()))?;
            host
        }
    };
    Some(format!("https://{}{path}", host.to_ascii_lowercase()).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts(audience: &str) -> bool {
        let accepted = ["step-certificate-authority", "https://ca.example.com/1.0/sign", "https://[2001:db8::1]/sign"];
        is_accepted(&[audience.to_owned()], &accepted.map(str::to_owned))
    }

    #[test]
    fn only_the_port_may_differ() {
        for audience in [
            "https://ca.example.com/1.0/sign",
            "https://ca.example.com:9000/1.0/sign",
            "https://ca.example.com:443/1.0/sign",
            "HTTPS://CA.example.com/1.0/sign",
            "https://[2001:db8::1]/sign",
            "https://[2001:DB8::1]:9000/sign",
            "step-certificate-authority",
        ] {
            assert!(accepts(audience), "{audience}");
        }
    }

    #[test]
    fn everything_else_is_another_audience() {
        for audience in [
            "",
            "https://",
            "https:///1.0/sign",
            "http://ca.example.com/1.0/sign",
            "ca.example.com/1.0/sign",
            "https://ca.example.com",
            "https://ca.example.com/1.0/sign/",
            "https://ca.example.com/1.0/sign?x=1",
            "https://ca.example.com/1.0/sign#jwk/admin",
            "https://ca.example.com/1.0/SIGN",
            "https://ca.example.com/1.0/revoke",
            "https://ca.example.com//1.0/sign",
            "https://ca.example.com:/1.0/sign",
            "https://ca.example.com:+1/1.0/sign",
            "https://ca.example.com:65536/1.0/sign",
            "https://ca.example.com:9000:9000/1.0/sign",
            "https://admin@ca.example.com/1.0/sign",
            "https://ca.example.com:443@evil.example/1.0/sign",
            "https://ca.example.com.evil.example/1.0/sign",
            "https://evil-ca.example.com/1.0/sign",
            " https://ca.example.com/1.0/sign",
            "https://[2001:db8::1]:x/sign",
            "https://2001:db8::1/sign",
            "STEP-certificate-authority",
        ] {
            assert!(!accepts(audience), "{audience}");
        }
    }

    #[test]
    fn one_audience_of_several_is_enough_and_none_is_not() {
        let accepted = ["https://ca/sign".to_owned()];
        assert!(is_accepted(&["x".to_owned(), "https://ca:1/sign".to_owned()], &accepted));
        assert!(!is_accepted(&[], &accepted));
        assert!(!is_accepted(&["https://ca/sign".to_owned()], &[]));
    }

    proptest! {
        #[test]
        fn no_text_panics(audience in "(https://)?[a-z:@/\\[\\]0-9é]{0,20}") {
            accepts(&audience);
        }
    }
}
