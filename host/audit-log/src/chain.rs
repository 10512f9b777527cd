//! Lines that are bound to everything before them.

use super::digest::Digest;

/// The end of a chain: how many lines there are, and the hash of the last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// Number of the last line; 0 before the first.
    pub sequence: u64,
    /// Its hash.
    pub hash: Digest,
}

impl Head {
    /// Before the first line of the log with this identifier: lines of one log cannot continue another.
    pub fn genesis(log: &[u8; 16]) -> Self {
        Self { sequence: 0, hash: Digest::of_fields(&[b"step-ca audit log", log]) }
    }

    /// After one more line.
    pub fn append(self, line: &str) -> Self {
        Self { sequence: self.sequence + 1, hash: Digest::of(&[self.hash.as_bytes(), line.as_bytes()]) }
    }
}

/// A line as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// Counted from 1.
    pub sequence: u64,
    /// One JSON object.
    pub line: String,
    /// Of this line and everything before it.
    pub hash: Digest,
}

/// Follows a chain line by line.
#[derive(Clone, Copy, Debug)]
pub struct Verifier(Head);

impl Verifier {
    /// Begins after `head`, which is trusted.
    pub fn after(head: Head) -> Self {
        Self(head)
    }

    /// Takes the next line.
    pub fn push(&mut self, link: &Link) -> Result<(), ChainError> {
        let next = self.0.append(&link.line);
        if link.sequence != next.sequence {
            return Err(ChainError::OutOfOrder { expected: next.sequence, found: link.sequence });
        }
        if link.hash != next.hash {
            return Err(ChainError::Changed { sequence: next.sequence });
        }
        self.0 = next;
        Ok(())
    }

    /// Compares the end with the one that was kept elsewhere.
    pub fn finish(self, expected: Head) -> Result<(), ChainError> {
        match self.0 {
            end if end == expected => Ok(()),
            end if end.sequence == expected.sequence => Err(ChainError::Changed { sequence: end.sequence }),
            end => Err(ChainError::Length { expected: expected.sequence, found: end.sequence }),
        }
    }
}

/// Follows a whole chain from its first line to the end that was kept elsewhere.
pub fn verify<'l>(log: &[u8; 16], links: impl IntoIterator<Item = &'l Link>, end: Head) -> Result<(), ChainError> {
    let mut verifier = Verifier::after(Head::genesis(log));
    for link in links {
        verifier.push(link)?;
    }
    verifier.finish(end)
}

/// How a log differs from what was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// The line, or one before it that was rehashed, is not what was written.
    #[error("line {sequence} of the audit log was changed")]
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// Lines are missing at the end, or there are more than were written.
    #[error("the audit log has {found} lines instead of {expected}")]
    Length {
        /// How many were written.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A line is missing, moved or there twice.
    #[error("where line {expected} of the audit log should be stands line {found}")]
    OutOfOrder {
        /// What should follow.
        expected: u64,
        /// What follows.
        found: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, sample::Index};

    const LOG: [u8; 16] = [7; 16];

    fn chain(lines: u64) -> (Vec<Link>, Head) {
        let mut head = Head::genesis(&LOG);
        let links = (1..=lines).map(|n| {
            let line = format!("line {n}");
            head = head.append(&line);
            Link { sequence: n, line, hash: head.hash }
        });
        (links.collect(), head)
    }

    #[test]
    fn an_untouched_chain_verifies() {
        for lines in [0, 1, 50] {
            let (links, head) = chain(lines);
            assert_eq!(verify(&LOG, &links, head), Ok(()));
        }
    }

    #[test]
    fn lines_of_one_log_do_not_continue_another() {
        let (links, head) = chain(3);
        assert_eq!(verify(&[8; 16], &links, head), Err(ChainError::Changed { sequence: 1 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_changed_octet_is_found(lines in 1_u64..30, line: Index, octet: Index, flip in 1_u8..128) {
            let (mut links, head) = chain(lines);
            let link = &mut links[line.index(lines as usize)];
            let mut octets = std::mem::take(&mut link.line).into_bytes();
            let place = octet.index(octets.len());
            octets[place] ^= flip;
            link.line = String::from_utf8_lossy(&octets).into_owned();
            prop_assert_eq!(verify(&LOG, &links, head), Err(ChainError::Changed { sequence: link_number(&links, line) }));
        }

        #[test]
        fn a_removed_line_is_found(lines in 1_u64..30, gone: Index) {
            let (mut links, head) = chain(lines);
            links.remove(gone.index(lines as usize));
            prop_assert!(verify(&LOG, &links, head).is_err());
        }

        #[test]
        fn a_moved_line_is_found(lines in 2_u64..30, from: Index, by in 1_usize..29) {
            let (mut links, head) = chain(lines);
            let from = from.index(lines as usize);
            let to = (from + 1 + by % (lines as usize - 1)) % lines as usize;
            links.swap(from, to);
            prop_assert!(verify(&LOG, &links, head).is_err());
        }

        #[test]
        fn a_cut_tail_is_found(lines in 1_u64..30, keep: Index) {
            let (mut links, head) = chain(lines);
            links.truncate(keep.index(lines as usize));
            let found = links.len() as u64;
            prop_assert_eq!(verify(&LOG, &links, head), Err(ChainError::Length { expected: lines, found }));
        }

        #[test]
        fn renumbered_and_rehashed_lines_are_found(lines in 2_u64..30, gone: Index) {
            let (mut links, head) = chain(lines);
            links.remove(gone.index(lines as usize));
            let mut again = Head::genesis(&LOG);
            for link in &mut links {
                again = again.append(&link.line);
                (link.sequence, link.hash) = (again.sequence, again.hash);
            }
            prop_assert!(verify(&LOG, &links, head).is_err());
        }
    }

    fn link_number(links: &[Link], line: Index) -> u64 {
        line.index(links.len()) as u64 + 1
    }
}
