//! The hash of a file, and that of a directory, which covers names in order, modes and contents.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
    path::Path,
};

use anyhow::{Context as _, bail};

use super::algorithm::Algorithm;

/// The hash of what is there, symbolic links followed: of the content of a file, or of a directory.
pub(super) fn hash(path: &Path, algorithm: Algorithm) -> anyhow::Result<Vec<u8>> {
    let metadata = path.metadata().map_err(|cause| failed(path, cause))?;
    if metadata.is_dir() { directory(path, &metadata, algorithm) } else { content(path, algorithm) }
}

/// The mode of the directory, then for each entry its hash: that of a directory, or that of mode and content.
fn directory(path: &Path, metadata: &Metadata, algorithm: Algorithm) -> anyhow::Result<Vec<u8>> {
    let mut hasher = algorithm.hasher();
    hasher.update(&go_mode(metadata).to_le_bytes());
    let entries = path.read_dir().and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(|cause| failed(path, cause))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let metadata = entry.metadata().map_err(|cause| failed(&path, cause))?;
        if metadata.is_dir() {
            hasher.update(&directory(&path, &metadata, algorithm)?);
        } else {
            hasher.update(&go_mode(&metadata).to_le_bytes());
            hasher.update(&content(&path, algorithm)?);
        }
    }
    Ok(hasher.finish())
}

fn content(path: &Path, algorithm: Algorithm) -> anyhow::Result<Vec<u8>> {
    // A pipe without a writer would be waited for.
    let is_pipe = path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo());
    if is_pipe {
        bail!("{} is a pipe", path.display());
    }
    let mut file = File::open(path).map_err(|cause| failed(path, cause))?;
    let mut hasher = algorithm.hasher();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer).with_context(|| format!("error reading {}", path.display()))?;
        let Some(read @ [_, ..]) = buffer.get(..count) else { return Ok(hasher.finish()) };
        hasher.update(read);
    }
}

fn failed(path: &Path, cause: io::Error) -> crate::files::FileError {
    crate::files::FileError::System { operation: "open", path: path.to_owned(), cause }
}

/// Type and permissions as Go numbers them (`io/fs.FileMode`).
fn go_mode(metadata: &Metadata) -> u32 {
    let mode = metadata.mode();
    let kind = metadata.file_type();
    let bits = [
        (kind.is_dir(), 31),
        (kind.is_symlink(), 27),
        (kind.is_block_device() || kind.is_char_device(), 26),
        (kind.is_fifo(), 25),
        (kind.is_socket(), 24),
        (mode & 0o4000 != 0, 23),
        (mode & 0o2000 != 0, 22),
        (kind.is_char_device(), 21),
        (mode & 0o1000 != 0, 20),
    ];
    bits.into_iter().filter(|(set, _)| *set).fold(mode & 0o777, |mode, (_, bit)| mode | 1 << bit)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use aws_lc_rs::digest::{SHA256, digest};

    use super::*;

    fn sha256(parts: &[&[u8]]) -> Vec<u8> {
        digest(&SHA256, &parts.concat()).as_ref().to_vec()
    }

    #[test]
    fn a_directory_is_its_mode_and_its_entries_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let set = |name: &str, mode| fs::set_permissions(path(name), Permissions::from_mode(mode)).expect("permitted");
        fs::create_dir(path("d")).expect("made");
        fs::create_dir(path("d/c")).expect("made");
        fs::write(path("d/b"), "b").expect("writable");
        fs::write(path("d/a"), "a").expect("writable");
        symlink("a", path("d/l")).expect("made");
        set("d", 0o755);
        set("d/c", 0o1700);
        set("d/a", 0o640);
        set("d/b", 0o4600);
        let mode = |mode: u32| mode.to_le_bytes();
        let expected = sha256(&[
            &mode(1 << 31 | 0o755),
            &mode(0o640),
            &sha256(&[b"a"]),
            &mode(1 << 23 | 0o600),
            &sha256(&[b"b"]),
            &sha256(&[&mode(1 << 31 | 1 << 20 | 0o700)]),
            &mode(1 << 27 | 0o777),
            &sha256(&[b"a"]),
        ]);
        assert_eq!(hash(&path("d"), Algorithm::Sha256).expect("hashed"), expected);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        symlink("nowhere", folder.path().join("l")).expect("made");
        assert!(hash(folder.path(), Algorithm::Sha256).is_err());
        assert!(hash(&folder.path().join("missing"), Algorithm::Sha256).is_err());
    }
}
