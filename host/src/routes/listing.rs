//! The list of provisioners, page by page.

use api_types::{Provisioner, ProvisionersPage};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;

use super::json;

/// Every provisioner in the order of the configuration, each with the text its place in the list is known by.
#[derive(Debug)]
pub(crate) struct Listing(Vec<(Uid, Provisioner)>);

/// 40 lower-case hexadecimal digits; they sort as the configuration does.
type Uid = String;

const UID_DIGITS: usize = 40;
const DEFAULT_PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

impl Listing {
    pub(crate) fn new(provisioners: Vec<Provisioner>) -> Self {
        Self(
            (0..).zip(provisioners).map(|(position, provisioner)| (uid(position, &provisioner), provisioner)).collect(),
        )
    }

    /// At most `limit` provisioners, at most 100; 20 when `limit` is not positive. They begin with the first whose uid
    /// is not below `cursor`.
    pub(crate) fn page(&self, cursor: &str, limit: i64) -> Bytes {
        let Self(all) = self;
        let limit = match usize::try_from(limit) {
            Ok(limit @ 1..) => limit.min(LARGEST_PAGE),
            _ => DEFAULT_PAGE,
        };
        let cursor = format!("{cursor:0>UID_DIGITS$}");
        let first = all.partition_point(|(uid, _)| *uid < cursor);
        let (_, rest) = all.split_at(first);
        let (page, rest) = rest.split_at(limit.min(rest.len()));
        let next = rest.first().map_or("", |(uid, _)| uid.trim_start_matches('0'));
        json::document(&ProvisionersPage {
            provisioners: page.iter().map(|(_, provisioner)| provisioner).collect(),
            next_cursor: next.to_owned(),
        })
    }
}

/// SHA-1 of the public key's JSON, its first four octets replaced by the position.
fn uid(position: u32, provisioner: &Provisioner) -> Uid {
    let key = json::compact(&provisioner.key);
    let digest = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &key));
    let (_, tail) = digest.split_at(8);
    format!("{position:08x}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::PublicJwk;
    use proptest::prelude::*;

    /// The public key of RFC 7515 A.3.
    fn rfc7515_key(kid: &str) -> PublicJwk {
        PublicJwk {
            public_key_use: "sig".into(),
            kty: "EC".into(),
            kid: kid.into(),
            crv: "P-256".into(),
            alg: "ES256".into(),
            x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".into(),
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".into(),
            ..PublicJwk::default()
        }
    }

    fn provisioner(kid: &str) -> Provisioner {
        Provisioner { name: kid.into(), key: Some(rfc7515_key(kid)), ..Provisioner::default() }
    }

    fn listing(length: usize) -> Listing {
        Listing::new((0..length).map(|number| provisioner(&format!("k{number}"))).collect())
    }

    fn page(listing: &Listing, cursor: &str, limit: i64) -> (Vec<String>, String) {
        let page: ProvisionersPage = serde_json::from_slice(&listing.page(cursor, limit)).unwrap();
        (page.provisioners.into_iter().map(|provisioner| provisioner.name).collect(), page.next_cursor)
    }

    #[test]
    fn uids_are_upstreams() {
        assert_eq!(uid(2, &provisioner("k1")), "000000023b06f21d2f81f19173148f97e1e78592");
        let listing = Listing::new(vec![provisioner("a"), provisioner("b"), provisioner("k1")]);
        assert_eq!(page(&listing, "", 2).1, "23b06f21d2f81f19173148f97e1e78592");
    }

    #[test]
    fn a_page_has_twenty_entries_unless_asked_otherwise_and_never_more_than_a_hundred() {
        let listing = listing(150);
        for (limit, length) in
            [(0, 20), (-1, 20), (i64::MIN, 20), (1, 1), (99, 99), (100, 100), (101, 100), (i64::MAX, 100)]
        {
            assert_eq!(page(&listing, "", limit).0.len(), length, "limit {limit}");
        }
    }

    #[test]
    fn the_end_of_the_list_has_an_empty_cursor() {
        assert_eq!(page(&listing(0), "", 20), (Vec::new(), String::new()));
        assert_eq!(listing(0).page("", 20), "{\"provisioners\":[],\"nextCursor\":\"\"}\n");
        assert_eq!(page(&listing(20), "", 20).1, "");
        assert_eq!(page(&listing(3), "1", 20).0, ["k0", "k1", "k2"], "a short cursor is padded");
        assert_eq!(page(&listing(3), &"f".repeat(41), 20), (Vec::new(), String::new()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn following_the_cursors_shows_every_entry_once_and_in_order(length in 0_usize..120, limit in 1_i64..40) {
            let listing = listing(length);
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let (entries, next) = page(&listing, &cursor, limit);
                seen.extend(entries);
                if next.is_empty() {
                    break;
                }
                cursor = next;
            }
            prop_assert_eq!(seen, (0..length).map(|number| format!("k{number}")).collect::<Vec<_>>());
        }

        #[test]
        fn no_cursor_panics(cursor in ".{0,60}", limit in any::<i64>()) {
            listing(3).page(&cursor, limit);
        }
    }
}
