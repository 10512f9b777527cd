//! The audit log: one line, and a file of them.

use super::text;

/// A line of the store, and a line of a file.
pub(super) fn line(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    if let Ok((sequence, entry)) = step_ca::audit::Entry::parse(text) {
        // What steers a terminal was never written by us: it is shown when it is written, and stays so.
        let written = entry.line(sequence);
        let (again, same) = step_ca::audit::Entry::parse(&written).expect("what is written is read");
        assert_eq!((again, same.line(again)), (sequence, written));
    }
    if let Ok(link) = audit_log::parse(text) {
        let mut written = String::new();
        audit_log::chained(&link, &mut written);
        assert_eq!(written.strip_suffix('\n'), Some(text), "a line has one spelling");
    }
    if let Ok(beginning) = audit_log::Beginning::parse(text) {
        assert_eq!(beginning.to_string(), text);
    }
}

/// A file. One that is accepted hashes to its end.
pub(super) fn file(octets: &[u8]) {
    let mut check = audit_log::Check::expecting([]);
    let mut contents = octets;
    if check.file("fuzzed", &mut contents).is_err() {
        return;
    }
    let chains = check.finish().unwrap_or_default();
    let lines: u64 = chains.iter().map(audit_log::Chain::lines).sum();
    assert!(usize::try_from(lines).unwrap() <= octets.iter().filter(|octet| **octet == b'\n').count());
}
