//! The resolvers of the system.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use thiserror::Error;

/// Where the system names them (`resolv.conf(5)`).
const SYSTEM: &str = "/etc/resolv.conf";

/// Why the system has no resolver.
#[derive(Debug, Error)]
pub enum NoServers {
    /// The file is not there.
    #[error("cannot read {SYSTEM}, where the system's resolvers are: {0}; or name them in \"servers\"")]
    Read(#[source] io::Error),
    /// The file names none.
    #[error("{SYSTEM} names no resolver; name one in \"servers\"")]
    Nobody,
}

/// The resolvers the system has now.
pub(super) fn of_system() -> Result<Vec<SocketAddr>, NoServers> {
    let text = fs::read_to_string(Path::new(SYSTEM)).map_err(NoServers::Read)?;
    let servers = listed(&text);
    if servers.is_empty() { Err(NoServers::Nobody) } else { Ok(servers) }
}

/// What the lines `nameserver` say. What is no address, such as one with a zone, is passed over.
fn listed(text: &str) -> Vec<SocketAddr> {
    let addresses = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next())?.and_then(|word| word.parse::<IpAddr>().ok())
    });
    addresses.map(|address| SocketAddr::new(address, 53)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_names_its_resolvers_one_a_line() {
        let text = "# made by hand\nsearch corp.example\nnameserver 192.0.2.53\n nameserver 2001:db8::53 \n\
                    nameserver fe80::1%eth0\nnameserver\noptions ndots:5\n";
        let found: Vec<_> = listed(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["192.0.2.53:53", "[2001:db8::53]:53"]);
        assert!(listed("search corp.example\n").is_empty());
    }
}
