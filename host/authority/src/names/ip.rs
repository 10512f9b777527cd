//! IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::error::{NameError, NameKind, NameProblem};

/// Reads an address: four decimal numbers without leading zeros, or IPv6
/// without zone, brackets or prefix length. An IPv4 address in IPv6 form
/// (`::ffff:10.0.0.1`) is refused, because it is another octet string for the
/// same host.
pub fn parse_ip_address(text: &str) -> Result<IpAddr, NameError> {
    let address = text.parse().map_err(|_| NameError::new(NameKind::IpAddress, text, NameProblem::Address))?;
    not_mapped(address).map_err(|problem| NameError::new(NameKind::IpAddress, text, problem))
}

/// The octets of an iPAddress: four or sixteen (RFC 5280 §4.2.1.6).
pub(super) fn from_octets(octets: &[u8]) -> Result<IpAddr, NameError> {
    let address = <[u8; 4]>::try_from(octets)
        .map(|octets| IpAddr::V4(Ipv4Addr::from(octets)))
        .or_else(|_| <[u8; 16]>::try_from(octets).map(|octets| IpAddr::V6(Ipv6Addr::from(octets))))
        .map_err(|_| NameProblem::Address)
        .and_then(not_mapped);
    address.map_err(|problem| NameError::new(NameKind::IpAddress, &hex::encode(octets), problem))
}

/// The octets of an iPAddress.
pub(super) fn to_octets(address: &IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn not_mapped(address: IpAddr) -> Result<IpAddr, NameProblem> {
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => Err(NameProblem::MappedAddress),
        address => Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, canonical) in [("10.0.0.1", "10.0.0.1"), ("2001:DB8:0::1", "2001:db8::1"), ("::1", "::1")] {
            let address = parse_ip_address(text).unwrap();
            assert_eq!(address.to_string(), canonical);
            assert_eq!(from_octets(&to_octets(&address)), Ok(address));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in
            ["", "010.0.0.1", "10.1", "0x7f.0.0.1", "10.0.0.0/8", "[::1]", "fe80::1%eth0", "::ffff:10.0.0.1", " ::1"]
        {
            assert!(parse_ip_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn octets_of_another_length_and_mapped_addresses_are_refused() {
        for octets in [&[][..], &[1, 2, 3], &[0; 5], &[0; 8], &[0; 17], &Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets()]
        {
            assert!(from_octets(octets).is_err(), "{octets:?}");
        }
    }
}
