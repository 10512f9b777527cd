//! Certificates as a table.

use api_types::CertificateEntry;

use crate::printable::printable;

const HEADINGS: [&str; COLUMNS] = ["STATUS", "ISSUED", "EXPIRES", "PROVISIONER", "SERIAL NUMBER", "NAMES"];
const COLUMNS: usize = 6;

/// A line a certificate, below a line of headings; nothing when there are none.
pub fn table(entries: &[CertificateEntry]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; COLUMNS]> =
        std::iter::once(HEADINGS.map(str::to_owned)).chain(entries.iter().map(cells)).collect();
    let mut widths = [0; COLUMNS];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn cells(entry: &CertificateEntry) -> [String; COLUMNS] {
    let names = if entry.names.is_empty() { entry.subject.clone() } else { entry.names.join(", ") };
    let provisioner = if entry.provisioner.is_empty() { "-" } else { &entry.provisioner };
    [&entry.status, &entry.issued_at, &entry.not_after, provisioner, &entry.serial, &names]
        .map(|cell| printable(cell).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them_and_nothing_trails() {
        let entry = |status: &str, provisioner: &str, names: &[&str]| CertificateEntry {
            serial: "77".to_owned(),
            status: status.to_owned(),
            provisioner: provisioner.to_owned(),
            issued_at: "2026-08-21T09:30:00Z".to_owned(),
            not_after: "2026-08-22T09:30:00Z".to_owned(),
            subject: "subject".to_owned(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            ..CertificateEntry::default()
        };
        let entries = [entry("live", "me@example.com", &["a.example", "b\u{1b}.example"]), entry("revoked", "", &[])];
        let expected = "\
STATUS   ISSUED                EXPIRES               PROVISIONER     SERIAL NUMBER  NAMES
live     2026-08-21T09:30:00Z  2026-08-22T09:30:00Z  me@example.com  77             a.example, b\\u{1b}.example
revoked  2026-08-21T09:30:00Z  2026-08-22T09:30:00Z  -               77             subject
";
        assert_eq!(table(&entries), expected);
        assert_eq!(table(&[]), "");
    }
}
