//! The address of a CA, as typed.

use std::{fmt, net::IpAddr, str::FromStr};

use reqwest::Url;
use thiserror::Error;

/// `https://<host>[:<port>]`: where a CA answers.
///
/// Read from `ca.example.com`, `ca.example.com:9000` or an `https` URL; path and query are dropped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaUrl(Url);

/// The text is not the address of a CA.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not a host, a host and port, or an https URL")]
pub struct CaUrlError;

impl CaUrl {
    /// The URL of a path below the CA, which begins with `/`.
    ///
    /// Each `segments` element is one path segment and is escaped: a `/` in it stays in it.
    pub fn at<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        url
    }

    /// The audience of a token for signing: the CA's URL with the path `/1.0/sign`.
    pub fn sign_audience(&self) -> String {
        self.at(["1.0", "sign"]).into()
    }

    /// Whether the CA is on this machine, by name or by address.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }
}

/// Whether a server is on this machine, by name or by address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl FromStr for CaUrl {
    type Err = CaUrlError;

    fn from_str(text: &str) -> Result<Self, CaUrlError> {
        let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&url).map_err(|_| CaUrlError)?;
        let plain = url.username().is_empty() && url.password().is_none();
        if url.scheme() != "https" || url.host().is_none() || !plain {
            return Err(CaUrlError);
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl fmt::Display for CaUrl {
    /// Without the trailing slash an empty path would have.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_may_be_left_out_and_the_path_is_dropped() {
        let cases = [
            ("ca.example.com", "https://ca.example.com"),
            ("ca.example.com:9000", "https://ca.example.com:9000"),
            ("HTTPS://CA.example.com/1.0/sign?x=1#y", "https://ca.example.com"),
            ("https://127.0.0.1:8443/", "https://127.0.0.1:8443"),
            ("[::1]:8443", "https://[::1]:8443"),
        ];
        for (typed, meant) in cases {
            assert_eq!(typed.parse::<CaUrl>().expect(typed).to_string(), meant);
        }
    }

    #[test]
    fn anything_but_https_is_refused() {
        for typed in ["http://ca", "ftp://ca", "", "https://", "https://user:secret@ca", "a b"] {
            assert_eq!(typed.parse::<CaUrl>(), Err(CaUrlError), "{typed}");
        }
    }

    #[test]
    fn the_audience_keeps_host_and_port() {
        let url: CaUrl = "localhost:9000/other".parse().expect("a URL");
        assert_eq!(url.sign_audience(), "https://localhost:9000/1.0/sign");
    }

    #[test]
    fn this_machine_is_known_by_name_and_address() {
        let is_loopback = |url: &str| url.parse::<CaUrl>().expect(url).is_loopback();
        assert!(["localhost", "127.0.0.1:9000", "127.1.2.3", "[::1]"].into_iter().all(is_loopback));
        assert!(!["localhost.example.com", "10.0.0.1", "[::2]"].into_iter().any(is_loopback));
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        let url: CaUrl = "ca".parse().expect("a URL");
        assert_eq!(
            url.at(["provisioners", "a/../b?c", "encrypted-key"]).as_str(),
            "https://ca/provisioners/a%2F..%2Fb%3Fc/encrypted-key"
        );
    }
}
