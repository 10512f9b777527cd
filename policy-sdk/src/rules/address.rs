//! Where a request comes from.

use std::{fmt, net::IpAddr, str::FromStr};

use super::one_of;
use crate::types::{Context, Denial};

/// A network: an address and how many of its bits count (RFC 4632 §3.1), e.g. `10.0.0.0/8` or `2001:db8::/32`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cidr {
    network: IpAddr,
    length: u8,
}

/// A text that is no network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CidrError(String);

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is no network; write one such as 10.0.0.0/8 or 2001:db8::/32, without bits after its length",
            self.0
        )
    }
}

impl std::error::Error for CidrError {}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let wrong = || CidrError(text.to_owned());
        let (network, length) = text.split_once('/').ok_or_else(wrong)?;
        let network: IpAddr = network.parse().map_err(|_| wrong())?;
        let is_plain = length.bytes().all(|digit| digit.is_ascii_digit());
        let length: u8 = length.parse().ok().filter(|_| is_plain).ok_or_else(wrong)?;
        let cidr = Self { network, length };
        // Bits beyond the length are a slip more often than meant.
        if length > cidr.width() || cidr.prefix(network) != bits(network) {
            return Err(wrong());
        }
        Ok(cidr)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

crate::text_setting!(Cidr: r#"{"type":"string","description":"a network such as 10.0.0.0/8 or 2001:db8::/32"}"#);

impl Cidr {
    /// Whether the address is in the network. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is one of IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.network.is_ipv4() && self.prefix(address) == bits(self.network)
    }

    fn width(&self) -> u8 {
        if self.network.is_ipv4() { 32 } else { 128 }
    }

    /// The bits of an address that count.
    fn prefix(&self, address: IpAddr) -> u128 {
        let unimportant = u32::from(self.width().saturating_sub(self.length));
        bits(address).checked_shr(unimportant).and_then(|kept| kept.checked_shl(unimportant)).unwrap_or(0)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The request comes from one of the networks.
///
/// # Errors
///
/// 403, also when the host does not know where the request comes from.
pub fn address_within(rule: &str, networks: &[Cidr], context: &Context) -> Result<(), Denial> {
    let address = context.remote_address.as_deref().and_then(|text| text.parse().ok());
    if address.is_some_and(|address| networks.iter().any(|network| network.contains(address))) {
        return Ok(());
    }
    Err(Denial::forbidden(rule, "certificates are not issued to this address")
        .field("context.remote-address")
        .got(context.remote_address.as_deref().unwrap_or("an address nobody knows"))
        .want(one_of(networks)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{testing::context, types::Operation};

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Cidr>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_in_a_network_when_the_bits_that_count_are_equal() {
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(contains("192.0.2.7/32", "192.0.2.7") && !contains("192.0.2.7/32", "192.0.2.8"));
        assert!(contains("2001:db8::/32", "2001:db8:1::1") && !contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("::/0", "::1") && !contains("::/0", "10.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "2001:db8::/129", "x/8", "10.0.0.0/+8", "10.0.0.0/"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_address_is_in_no_network() {
        let networks = ["192.0.2.0/24".parse().unwrap()];
        let mut context = context(Operation::Sign);
        assert_eq!(address_within("x.network", &networks, &context), Ok(()));
        context.remote_address = None;
        assert!(address_within("x.network", &networks, &context).is_err());
    }
}
