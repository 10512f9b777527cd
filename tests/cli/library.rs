//! The client library: the example server and client, which prove to each other who they are and renew themselves.

#[path = "../../cli/examples/mutual_tls_client.rs"]
#[allow(dead_code, unreachable_pub, reason = "a program of its own, of which one function is used")]
mod client;
#[path = "../../cli/examples/mutual_tls_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "a program of its own, of which one function is used")]
mod server;

use std::sync::Arc;

use authority::Certificate;
use step_cli::client::SelfRenewing;
use tokio::net::TcpListener;

use crate::visitor::Visitor;

impl Visitor {
    fn token(&self, subject: &str) -> String {
        let line = format!("ca token {subject} --provisioner-password-file {{}}/password");
        self.step(&line).answer().trim().to_owned()
    }
}

fn leaf(identity: &SelfRenewing) -> Certificate {
    Certificate::from_der(&identity.chain()[0]).unwrap()
}

#[test]
fn a_server_and_a_client_know_each_other_before_and_after_a_renewal() {
    let visitor = Visitor::new();
    let (for_server, for_client) = (visitor.token("localhost"), visitor.token("me"));
    visitor.ca.block_on(async {
        let ours = Arc::new(SelfRenewing::bootstrap(&for_server).await.unwrap());
        let theirs = SelfRenewing::bootstrap(&for_client).await.unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/", socket.local_addr().unwrap().port());
        let serving = ours.clone();
        tokio::spawn(async move {
            // It ends with the runtime.
            let _ = server::serve(&serving, socket).await.map_err(|error| error.to_string());
        });

        assert!(client::ask(&theirs, &url).await.unwrap().starts_with("hello"));
        let before = (leaf(&ours), leaf(&theirs));
        let until = theirs.renew().await.unwrap();
        ours.renew().await.unwrap();
        let after = (leaf(&ours), leaf(&theirs));
        assert_eq!(after.1.validity().not_after, until);
        for (before, after) in [(&before.0, &after.0), (&before.1, &after.1)] {
            assert_ne!(before.serial_number(), after.serial_number());
            assert_eq!(before.public_key(), after.public_key());
            assert!(visitor.ca.records().has(after));
        }
        assert!(client::ask(&theirs, &url).await.unwrap().starts_with("hello"));
        let shown = theirs.http_client().unwrap().get(&url).send().await.unwrap();
        assert_eq!(shown.status(), 200);

        // Whoever shows no certificate is not let in.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let root = reqwest::Certificate::from_der(visitor.ca.pki().root.der()).unwrap();
        let stranger = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
        assert!(stranger.get(&url).send().await.is_err());
    });
}

#[test]
fn a_token_that_leads_nowhere_makes_no_identity() {
    let visitor = Visitor::new();
    let token = visitor.token("a.example");
    visitor.ca.block_on(async {
        let identity = SelfRenewing::bootstrap(&token).await.unwrap();
        assert!(visitor.ca.records().has(&leaf(&identity)));
        let again = SelfRenewing::bootstrap(&token).await.unwrap_err();
        assert!(again.to_string().contains("authorization"), "{again}");
        for (token, error) in [
            ("", "invalid bootstrap token"),
            (&*visitor.ca.token("a").without("sha").sign(), "invalid bootstrap token: sha claim is not present"),
            (
                &*visitor.ca.token("a").claim("sha", "ab".repeat(32)).claim("aud", "elsewhere").sign(),
                "invalid bootstrap token: aud claim is not a url",
            ),
        ] {
            assert_eq!(SelfRenewing::bootstrap(token).await.unwrap_err().to_string(), error);
        }
    });
}
