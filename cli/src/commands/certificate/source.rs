//! Where the certificate to look at is: in a file, on standard input, or at a TLS server.

use std::{io, net::TcpStream, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use rustls::{
    ClientConfig, ClientConnection,
    pki_types::{CertificateDer, ServerName},
};

use crate::{certificates, client::tls, context::Context, roots};

/// What a certificate argument names.
pub(super) enum Source {
    /// A file; `-` is standard input.
    File(PathBuf),
    /// `host:port` of a TLS server.
    Server { host: String, port: u16 },
}

/// How a TLS server is verified.
#[derive(clap::Args)]
pub(super) struct ServerFlags {
    /// Trust these roots for a URL: a file, files separated by commas, or a directory
    #[arg(long, value_name = "FILE")]
    roots: Option<String>,
    /// Do not verify the server of a URL
    #[arg(long)]
    insecure: bool,
    /// Ask the server of a URL for this name
    #[arg(long, value_name = "NAME")]
    servername: Option<String>,
}

impl Source {
    pub(super) fn of(argument: &str) -> anyhow::Result<Self> {
        let Some((scheme, rest)) = argument.split_once("://") else { return Ok(Self::File(argument.into())) };
        if !["https", "tcp", "tls"].contains(&scheme.to_ascii_lowercase().as_str()) {
            return Ok(Self::File(argument.into()));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().with_context(|| format!("'{port}' is not a port"))?)
            }
            _ => (authority, 443),
        };
        if host.is_empty() {
            bail!("'{argument}' names no host");
        }
        Ok(Self::Server { host: host.trim_matches(['[', ']']).to_owned(), port })
    }

    /// The octets of the file, or the server's certificates as PEM.
    pub(super) fn read(&self, cx: &mut Context, flags: &ServerFlags) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::File(path) => Ok(cx.read(path)?.to_vec()),
            Self::Server { host, port } => {
                let chain = flags.fetch(host, *port).with_context(|| format!("connecting to {host}:{port} failed"))?;
                Ok(certificates::to_pem(&chain).into_bytes())
            }
        }
    }
}

impl ServerFlags {
    /// The server is not verified: its certificates are what is wanted.
    pub(super) fn unverified(servername: Option<String>) -> Self {
        Self { roots: None, insecure: true, servername }
    }

    /// Whether what cannot be trusted is wanted all the same.
    pub(super) fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// The certificates a TLS server shows, leaf first.
    fn fetch(&self, host: &str, port: u16) -> anyhow::Result<Vec<CertificateDer<'static>>> {
        const TIMEOUT: Duration = Duration::from_secs(30);

        let name = self.servername.as_deref().unwrap_or(host).to_owned();
        let mut connection = ClientConnection::new(Arc::new(self.tls()?), ServerName::try_from(name)?)?;
        let mut socket = TcpStream::connect((host, port))?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        socket.set_write_timeout(Some(TIMEOUT))?;
        while connection.is_handshaking() {
            if connection.complete_io(&mut socket)? == (0, 0) {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        let chain = connection.peer_certificates().context("the server showed no certificate")?;
        Ok(chain.iter().map(|certificate| certificate.clone().into_owned()).collect())
    }

    fn tls(&self) -> anyhow::Result<ClientConfig> {
        let config = match &self.roots {
            _ if self.insecure => tls::danger::unverified()?,
            Some(roots) => tls::verifying(&roots::read(roots)?)?,
            None => tls::verifying_by_system()?,
        };
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_server_and_everything_else_a_file() {
        let server = |argument: &str| match Source::of(argument).expect(argument) {
            Source::Server { host, port } => Some((host, port)),
            Source::File(_) => None,
        };
        assert_eq!(server("https://ca.example.com"), Some(("ca.example.com".into(), 443)));
        assert_eq!(server("TLS://ca:9000/path"), Some(("ca".into(), 9000)));
        assert_eq!(server("tcp://[::1]:9000"), Some(("::1".into(), 9000)));
        assert_eq!(server("https://[::1]"), Some(("::1".into(), 443)));
        assert_eq!(server("ca.crt"), None);
        assert_eq!(server("-"), None);
        assert!(Source::of("https://").is_err());
        assert!(Source::of("https://a:b").is_err());
    }
}
