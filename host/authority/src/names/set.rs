//! The names of one certificate.

use std::net::IpAddr;

use super::{DnsName, EmailAddress, NameError, Uri, parse_ip_address, uri};

/// Subject alternative names by kind, each kind sorted and without
/// duplicates: equal sets are equal values.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SubjectAltNames {
    dns_names: Vec<DnsName>,
    ip_addresses: Vec<IpAddr>,
    email_addresses: Vec<EmailAddress>,
    uris: Vec<Uri>,
}

/// One name of any kind.
pub(crate) enum Name {
    Dns(DnsName),
    IpAddress(IpAddr),
    Email(EmailAddress),
    Uri(Uri),
}

impl SubjectAltNames {
    /// From lists that are already told apart. The first name that is not
    /// valid is the error.
    pub fn from_parts<S: AsRef<str>>(
        dns_names: &[S],
        ip_addresses: &[S],
        email_addresses: &[S],
        uris: &[S],
    ) -> Result<Self, NameError> {
        Ok(Self {
            dns_names: set(dns_names.iter().map(|name| name.as_ref().parse()))?,
            ip_addresses: set(ip_addresses.iter().map(|address| parse_ip_address(address.as_ref())))?,
            email_addresses: set(email_addresses.iter().map(|address| address.as_ref().parse()))?,
            uris: set(uris.iter().map(|uri| uri.as_ref().parse()))?,
        })
    }

    /// From one mixed list, as tokens and command lines have it: an address,
    /// else a URI if it begins with a scheme, else an e-mail address if there
    /// is an `@`, else a DNS name. Empty entries are skipped.
    pub fn classify<S: AsRef<str>>(names: &[S]) -> Result<Self, NameError> {
        let names = names.iter().map(AsRef::as_ref).filter(|name| !name.is_empty());
        Ok(Self::from_names(names.map(classify).collect::<Result<_, _>>()?))
    }

    pub(crate) fn from_names(names: Vec<Name>) -> Self {
        let mut sorted = Self::default();
        for name in names {
            match name {
                Name::Dns(name) => sorted.dns_names.push(name),
                Name::IpAddress(address) => sorted.ip_addresses.push(address),
                Name::Email(address) => sorted.email_addresses.push(address),
                Name::Uri(uri) => sorted.uris.push(uri),
            }
        }
        sort(&mut sorted.dns_names);
        sort(&mut sorted.ip_addresses);
        sort(&mut sorted.email_addresses);
        sort(&mut sorted.uris);
        sorted
    }

    /// dNSName.
    pub fn dns_names(&self) -> &[DnsName] {
        &self.dns_names
    }

    /// iPAddress.
    pub fn ip_addresses(&self) -> &[IpAddr] {
        &self.ip_addresses
    }

    /// rfc822Name.
    pub fn email_addresses(&self) -> &[EmailAddress] {
        &self.email_addresses
    }

    /// uniformResourceIdentifier.
    pub fn uris(&self) -> &[Uri] {
        &self.uris
    }

    /// Every name as text, in the order of a certificate: DNS names, e-mail
    /// addresses, IP addresses, URIs.
    pub fn iter(&self) -> impl Iterator<Item = String> + '_ {
        let dns_names = self.dns_names.iter().map(ToString::to_string);
        let email_addresses = self.email_addresses.iter().map(ToString::to_string);
        let ip_addresses = self.ip_addresses.iter().map(ToString::to_string);
        let uris = self.uris.iter().map(ToString::to_string);
        dns_names.chain(email_addresses).chain(ip_addresses).chain(uris)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.dns_names.len() + self.ip_addresses.len() + self.email_addresses.len() + self.uris.len()
    }

    /// Whether there is no name of any kind.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every name is one of `other`.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        is_subset(&self.dns_names, &other.dns_names)
            && is_subset(&self.ip_addresses, &other.ip_addresses)
            && is_subset(&self.email_addresses, &other.email_addresses)
            && is_subset(&self.uris, &other.uris)
    }

    /// Takes out the name whose canonical text is `text`, of whatever kind;
    /// tells whether there was one.
    pub fn remove(&mut self, text: &str) -> bool {
        let before = self.len();
        self.dns_names.retain(|name| name.as_str() != text);
        self.email_addresses.retain(|address| address.as_str() != text);
        self.uris.retain(|uri| uri.as_str() != text);
        self.ip_addresses.retain(|address| address.to_string() != text);
        self.len() < before
    }
}

fn classify(text: &str) -> Result<Name, NameError> {
    if text.parse::<IpAddr>().is_ok() {
        // Our rules are stricter: what is an address by them or none at all.
        return Ok(Name::IpAddress(parse_ip_address(text)?));
    }
    if uri::scheme(text).is_some() {
        return Ok(Name::Uri(text.parse()?));
    }
    if text.contains('@') {
        return Ok(Name::Email(text.parse()?));
    }
    Ok(Name::Dns(text.parse()?))
}

fn set<T: Ord>(names: impl Iterator<Item = Result<T, NameError>>) -> Result<Vec<T>, NameError> {
    let mut names = names.collect::<Result<Vec<T>, NameError>>()?;
    sort(&mut names);
    Ok(names)
}

fn sort<T: Ord>(names: &mut Vec<T>) {
    names.sort_unstable();
    names.dedup();
}

/// Both are sorted.
fn is_subset<T: Ord>(names: &[T], others: &[T]) -> bool {
    names.iter().all(|name| others.binary_search(name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mixed_list_is_told_apart_as_clients_do_it() {
        let names = SubjectAltNames::classify(&[
            "",
            "10.0.0.1",
            "2001:db8::1",
            "name:80",
            "spiffe://a/b",
            "mailto:a@b",
            "a@b",
            "*.example.com",
            "Localhost",
        ])
        .unwrap();
        assert_eq!(names.dns_names(), ["*.example.com".parse().unwrap(), "localhost".parse().unwrap()]);
        assert_eq!(names.ip_addresses().len(), 2);
        assert_eq!(names.email_addresses(), ["a@b".parse().unwrap()]);
        assert_eq!(names.uris().len(), 3);
        assert_eq!(names.len(), 8);
    }

    #[test]
    fn a_name_that_is_not_valid_refuses_the_list() {
        for name in ["a_b", "::ffff:10.0.0.1", "a b", "a@b@c", "1.2.3", "*"] {
            assert!(SubjectAltNames::classify(&["ok", name]).is_err(), "{name}");
        }
        assert!(SubjectAltNames::from_parts(&["10.0.0.1"], &[], &[], &[]).is_err());
        assert!(SubjectAltNames::from_parts(&[], &["host"], &[], &[]).is_err());
    }

    #[test]
    fn the_same_names_in_any_order_and_spelling_are_the_same_set() {
        let one = SubjectAltNames::classify(&["b", "A", "2001:db8:0::1", "b"]).unwrap();
        let other = SubjectAltNames::classify(&["a", "2001:DB8::1", "B"]).unwrap();
        assert_eq!(one, other);
        assert_eq!(one.iter().collect::<Vec<_>>(), ["a", "b", "2001:db8::1"]);
    }

    #[test]
    fn removing_takes_exactly_the_name_out() {
        let mut names = SubjectAltNames::classify(&["a", "b", "::1", "a@b"]).unwrap();
        let all = names.clone();
        assert!(!names.remove("c"));
        assert!(names.remove("::1") && names.remove("a"));
        assert_eq!(names, SubjectAltNames::classify(&["b", "a@b"]).unwrap());
        assert!(names.is_subset_of(&all) && !all.is_subset_of(&names));
        assert!(SubjectAltNames::default().is_subset_of(&names));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_set_is_a_subset_exactly_when_each_name_is_a_member(
            some in prop::collection::vec("[a-d]", 0..5),
            others in prop::collection::vec("[a-d]", 0..5),
        ) {
            let expected = some.iter().all(|name| others.contains(name));
            let some = SubjectAltNames::classify(&some).unwrap();
            let others = SubjectAltNames::classify(&others).unwrap();
            prop_assert_eq!(some.is_subset_of(&others), expected);
        }
    }
}
