//! `step ca provisioner get-encrypted-key`

use clap::Args;

use super::super::flags::CaFlags;
use crate::{answer::Text, context::Context, error::ExitStatus, output::printable};

/// Print the encrypted private key of a provisioner
///
/// It is a JWK under the provisioner's password, in the compact serialization of JWE.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step ca provisioner get-encrypted-key 1hBv1cBRZnS6yfvM2jQUFhyH8z1LfE0UGNvL6P0ZDtg")]
pub(crate) struct GetEncryptedKey {
    /// Name of the key
    #[arg(value_name = "KID")]
    kid: String,
    #[command(flatten)]
    ca: CaFlags,
}

impl GetEncryptedKey {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.ca.client(cx)?;
        let response = cx.wait_for(client.provisioner_key(&self.kid))??;
        cx.output.give(&Text::line("key", &printable(&response.key)))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Server, User, http};

    #[test]
    fn the_key_is_printed_as_the_ca_has_it() {
        let server = Server::answering(vec![http("200 OK", "", r#"{"key":"a.b.c.d.e"}"#)]);
        let user = User::new();
        user.write("root.crt", &server.root);
        let line = format!("ca provisioner jwe-key the/kid --ca-url {} --root {{}}/root.crt", server.url);
        assert_eq!(user.step(&line).answer(), "a.b.c.d.e\n");
        let requests = server.requests();
        assert!(requests[0].starts_with("GET /provisioners/the%2Fkid/encrypted-key "), "{requests:?}");
    }
}
