//! A server that lets in who has a certificate of the same CA, and keeps its own fresh.
//!
//! ```sh
//! TOKEN=$(step ca token localhost) cargo run -p step-cli --example mutual_tls_server -- 127.0.0.1:8443
//! ```

use std::{env, error::Error, sync::Arc};

use axum::{Router, routing::get};
use step_cli::client::SelfRenewing;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8443".to_owned());
    let identity = Arc::new(SelfRenewing::bootstrap(&env::var("TOKEN")?).await?);
    tokio::spawn(identity.clone().keep_fresh(|event| println!("{event}")));
    serve(&identity, TcpListener::bind(address).await?).await
}

/// Greets whoever is let in.
pub async fn serve(identity: &SelfRenewing, socket: TcpListener) -> Result<(), Box<dyn Error>> {
    let router =
        Router::new().route("/", get(|| async { "hello, whoever you are: your certificate is one of ours\n" }));
    Ok(axum::serve(identity.listener(socket)?, router).await?)
}
