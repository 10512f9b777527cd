//! A client that shows a certificate of its CA, and keeps it fresh.
//!
//! ```sh
//! TOKEN=$(step ca token me) cargo run -p step-cli --example mutual_tls_client -- https://localhost:8443/
//! ```

use std::{env, error::Error, sync::Arc, time::Duration};

use step_cli::client::SelfRenewing;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "https://localhost:8443/".to_owned());
    let identity = Arc::new(SelfRenewing::bootstrap(&env::var("TOKEN")?).await?);
    tokio::spawn(identity.clone().keep_fresh(|event| println!("{event}")));
    loop {
        print!("{}", ask(&identity, &url).await?);
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
}

/// What the server says.
pub async fn ask(identity: &SelfRenewing, url: &str) -> Result<String, Box<dyn Error>> {
    Ok(identity.http_client()?.get(url).send().await?.error_for_status()?.text().await?)
}
