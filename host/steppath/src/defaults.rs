//! `defaults.json`: flags that need not be typed.

use std::net::Ipv6Addr;

use serde::Serialize;

use crate::{StepPath, json};

/// The defaults a client of one CA needs. A member is a flag's name; others may be added by hand.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Defaults {
    /// Where the CA is reached, e.g. `https://ca.example.com:9000`.
    pub ca_url: String,
    /// The configuration of the CA, on the machine that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_config: Option<String>,
    /// SHA-256 of the root certificate, in lower-case hexadecimal.
    pub fingerprint: String,
    /// The root certificate.
    pub root: String,
}

impl Defaults {
    /// The defaults on the machine of a new CA.
    pub(crate) fn of_ca(step_path: &StepPath, ca_url: String, fingerprint: &str) -> Self {
        Self {
            ca_config: Some(StepPath::text(&step_path.ca_json())),
            ..Self::of_client(step_path, ca_url, fingerprint)
        }
    }

    /// The defaults of a client that keeps its root certificate at the usual place.
    pub fn of_client(step_path: &StepPath, ca_url: impl Into<String>, fingerprint: &str) -> Self {
        Self {
            ca_url: ca_url.into(),
            ca_config: None,
            fingerprint: fingerprint.to_owned(),
            root: StepPath::text(&step_path.root_certificate()),
        }
    }

    /// The file.
    pub fn to_json(&self) -> String {
        json::to_string(self)
    }
}

/// The URL of a CA by its first name and its address; the port of HTTPS is left out.
pub(crate) fn ca_url(name: &str, port: u16) -> String {
    let host = if name.parse::<Ipv6Addr>().is_ok() { format!("[{name}]") } else { name.to_owned() };
    if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_has_the_port_unless_it_is_that_of_https() {
        assert_eq!(ca_url("ca.example.com", 443), "https://ca.example.com");
        assert_eq!(ca_url("ca.example.com", 9000), "https://ca.example.com:9000");
        assert_eq!(ca_url("10.0.0.1", 443), "https://10.0.0.1");
        assert_eq!(ca_url("::1", 9000), "https://[::1]:9000");
    }

    #[test]
    fn the_file_of_a_client_names_no_configuration_of_a_ca() {
        let path = StepPath::new("/s").unwrap();
        let text = Defaults::of_client(&path, "https://ca", "00").to_json();
        assert_eq!(
            text,
            "{\n   \"ca-url\": \"https://ca\",\n   \"fingerprint\": \"00\",\n   \"root\": \"/s/certs/root_ca.crt\"\n}"
        );
    }
}
