//! Whom a token is meant for (RFC 7519 §4.1.3): an operation of this CA, by any of its names.

use axum::http::Uri;
use std::net::Ipv6Addr;

/// Every URL that means an operation: each name of the CA, with and without the version of the API.
pub(crate) fn urls(dns_names: &[String], operation: &str) -> Vec<String> {
    let hosts = dns_names.iter().map(|name| match name.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => name.to_ascii_lowercase(),
    });
    hosts.flat_map(|host| [format!("https://{host}/1.0/{operation}"), format!("https://{host}/{operation}")]).collect()
}

/// Whether an audience is one of `urls`. Only a port may differ: a CA behind a port mapping does not know the one its
/// clients use.
pub(crate) fn is_one_of(audience: &str, urls: &[String]) -> bool {
    without_port(audience).is_some_and(|audience| urls.contains(&audience))
}

/// Nothing when it is not `https://host[:port]/path`, without anything else.
fn without_port(audience: &str) -> Option<String> {
    // A fragment is not part of what the parser keeps.
    let uri = audience.parse::<Uri>().ok().filter(|uri| uri.query().is_none() && !audience.contains('#'))?;
    let authority = uri.authority().filter(|_| uri.scheme_str().is_some_and(|it| it.eq_ignore_ascii_case("https")))?;
    let port = uri.port_u16().map_or_else(String::new, |port| format!(":{port}"));
    // What is neither host nor port is user information.
    (authority.as_str().strip_prefix(authority.host()) == Some(&port))
        .then(|| format!("https://{}{}", authority.host().to_ascii_lowercase(), uri.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(audience: &str) -> bool {
        let names = ["CA.example.com".to_owned(), "10.0.0.1".to_owned(), "2001:DB8::1".to_owned()];
        is_one_of(audience, &urls(&names, "renew"))
    }

    #[test]
    fn only_the_port_may_differ() {
        for audience in [
            "https://ca.example.com/renew",
            "https://ca.example.com/1.0/renew",
            "https://ca.example.com:9000/1.0/renew",
            "HTTPS://CA.Example.Com:443/renew",
            "https://10.0.0.1:8443/renew",
            "https://[2001:db8::1]/renew",
            "https://[2001:DB8::1]:9000/1.0/renew",
        ] {
            assert!(is_accepted(audience), "{audience}");
        }
        for audience in [
            "",
            "renew",
            "/renew",
            "step-certificate-authority",
            "http://ca.example.com/renew",
            "https://ca.example.com/sign",
            "https://ca.example.com/renew/",
            "https://ca.example.com//renew",
            "https://ca.example.com/2.0/renew",
            "https://ca.example.com/Renew",
            "https://ca.example.com/renew?a=b",
            "https://ca.example.com/renew?",
            "https://ca.example.com/renew#jwk",
            "https://me@ca.example.com/renew",
            "https://ca.example.com@ca.example.com/renew",
            "https://ca.example.com:99999/renew",
            "https://ca.example.com:/renew",
            "https://ca.example.com.evil/renew",
            "https://evil/ca.example.com/renew",
            "https://[2001:db8::2]/renew",
        ] {
            assert!(!is_accepted(audience), "{audience}");
        }
    }
}
