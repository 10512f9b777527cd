//! Passwords: made, and read from files.

use std::path::Path;

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::{FileError, read_private};

/// A new password of 32 printable ASCII characters, without the space: 209 bits.
///
/// # Errors
/// [`FileError::Random`].
pub fn random_password() -> Result<Zeroizing<String>, FileError> {
    const LENGTH: usize = 32;
    let mut password = Zeroizing::new(String::with_capacity(LENGTH));
    let mut octets = Zeroizing::new([0; 64]);
    while password.len() < LENGTH {
        rand::fill(octets.as_mut_slice()).map_err(|_| FileError::Random)?;
        // What is not printable is thrown away: every character stays equally likely.
        let printable = octets.iter().map(|octet| octet & 0x7f).filter(u8::is_ascii_graphic);
        let missing = LENGTH - password.len();
        password.extend(printable.take(missing).map(char::from));
    }
    Ok(password)
}

/// The password of a file: everything in it but white space at the end.
///
/// # Errors
/// As [`read_private`].
pub fn read_password(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut contents = read_private(path)?;
    let length = trimmed_length(&contents);
    contents.truncate(length);
    Ok(contents)
}

/// Without white space at the end: that of Unicode, where the end is text.
fn trimmed_length(contents: &[u8]) -> usize {
    match std::str::from_utf8(contents) {
        Ok(text) => text.trim_end().len(),
        Err(_) => contents.trim_ascii_end().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, Overwrite, write};

    #[test]
    fn a_new_password_is_printable_and_another_one_each_time() {
        let passwords: Vec<_> = (0..100).map(|_| random_password().unwrap()).collect();
        for password in &passwords {
            assert_eq!(password.len(), 32);
            assert!(password.bytes().all(|octet| octet.is_ascii_graphic()));
        }
        let distinct: std::collections::HashSet<&str> = passwords.iter().map(|password| password.as_str()).collect();
        assert_eq!(distinct.len(), 100);
        let used: std::collections::HashSet<u8> = passwords.iter().flat_map(|password| password.bytes()).collect();
        assert_eq!(used.len(), 94, "every character occurs");
    }

    #[test]
    fn only_white_space_at_the_end_is_no_part_of_a_password() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        for (contents, password) in [
            (&b" a b \r\n"[..], &b" a b"[..]),
            (b"a\nb\n\n", b"a\nb"),
            ("ä\u{a0}\u{2003}\n".as_bytes(), "ä".as_bytes()),
            (b"\n", b""),
            (b"\xff \n", b"\xff"),
        ] {
            write(&path, contents, Access::Private, Overwrite::Allow).unwrap();
            assert_eq!(read_password(&path).unwrap().as_slice(), password);
        }
    }
}
