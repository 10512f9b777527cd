//! Writing files whole.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use rustix::{
    fs::{
        AtFlags, Gid, Mode, OFlags, RenameFlags, Uid, chmodat, chownat, fchmod, linkat, open, openat, renameat,
        renameat_with, unlinkat,
    },
    io::Errno,
};

use crate::FileError;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Its owner: 0600.
    Private,
    /// Everybody: 0644.
    Public,
}

impl Access {
    const fn mode(self) -> Mode {
        match self {
            Self::Private => Mode::from_raw_mode(0o600),
            Self::Public => Mode::from_raw_mode(0o644),
        }
    }
}

/// What happens to a file that is there already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Overwrite {
    /// It stays, and writing fails.
    Refuse,
    /// It is replaced, whatever it is; a link is replaced and not followed.
    Allow,
}

/// A file to be written.
#[derive(Debug)]
pub struct NewFile<'a> {
    /// Where to. The directory exists.
    pub path: &'a Path,
    /// Everything that will be in it.
    pub contents: &'a [u8],
    /// Who may read it.
    pub access: Access,
}

/// Writes one file: all of it or nothing, on disk when this returns.
///
/// # Errors
/// [`FileError::Exists`], [`FileError::NotAFile`], [`FileError::Io`], [`FileError::Random`].
pub fn write(path: &Path, contents: &[u8], access: Access, overwrite: Overwrite) -> Result<(), FileError> {
    write_all(&[NewFile { path, contents, access }], overwrite)
}

/// Writes files: each is on disk under another name before the first gets its own, and they get their own in the order
/// given. What is interrupted leaves every file old or new; what fails before the first has its name leaves all old.
///
/// # Errors
/// As [`write`].
pub fn write_all(files: &[NewFile<'_>], overwrite: Overwrite) -> Result<(), FileError> {
    if overwrite == Overwrite::Refuse {
        // Known early, an old file costs nothing; decided is it when the file gets its name.
        if let Some(file) = files.iter().find(|file| file.path.symlink_metadata().is_ok()) {
            return Err(FileError::Exists { path: file.path.to_owned() });
        }
    }
    let staged = files.iter().map(Staged::new).collect::<Result<Vec<_>, _>>()?;
    staged.into_iter().try_for_each(|file| file.publish(overwrite))
}

/// Replaces a file that is there: all of it or nothing. Whose it is and who may read it stays as it is; a link to it
/// stays a link.
///
/// # Errors
/// [`FileError::Io`], also where this user may not give the new file to the owner of the old one.
pub fn replace(path: &Path, contents: &[u8]) -> Result<(), FileError> {
    let path = path.canonicalize().map_err(|source| io_failed("open", path, source))?;
    let old = path.metadata().map_err(|source| io_failed("open", &path, source))?;
    if !old.is_file() {
        return Err(FileError::NotAFile { path });
    }
    let staged = Staged::new(&NewFile { path: &path, contents, access: Access::Private })?;
    staged.inherit(&old)?;
    staged.publish(Overwrite::Allow)
}

/// A file on disk under a name nobody looks for; gone when it is dropped before it is published.
struct Staged<'a> {
    path: &'a Path,
    name: &'a OsStr,
    directory: OwnedFd,
    temporary: Option<String>,
}

impl<'a> Staged<'a> {
    fn new(file: &NewFile<'a>) -> Result<Self, FileError> {
        let path = file.path;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(FileError::NotAFile { path: path.to_owned() });
        };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        let failed = |action| move |errno| errno_failed(action, path, errno);
        let directory = open(parent, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| errno_failed("open", parent, errno))?;
        let temporary = format!(".{}.new", random_name()?);
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
        let handle = openat(&directory, temporary.as_str(), flags, Access::Private.mode()).map_err(failed("create"))?;
        // From here on the temporary file goes when anything fails.
        let staged = Self { path, name, directory, temporary: Some(temporary) };
        let mut handle = File::from(handle);
        handle.write_all(file.contents).map_err(|source| io_failed("write", path, source))?;
        // Asked for again: the umask has no say.
        fchmod(&handle, file.access.mode()).map_err(failed("set the mode of"))?;
        handle.sync_all().map_err(|source| io_failed("write", path, source))?;
        Ok(staged)
    }

    /// Takes owner, group and mode of another file.
    fn inherit(&self, old: &fs::Metadata) -> Result<(), FileError> {
        let Some(temporary) = self.temporary.as_deref() else { return Ok(()) };
        let own = self.path.parent().map(|parent| parent.join(temporary)).and_then(|path| path.metadata().ok());
        let failed = |action| move |errno| errno_failed(action, self.path, errno);
        if own.is_none_or(|own| (own.uid(), own.gid()) != (old.uid(), old.gid())) {
            let (owner, group) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
            chownat(&self.directory, temporary, Some(owner), Some(group), AtFlags::SYMLINK_NOFOLLOW)
                .map_err(failed("keep the owner of"))?;
        }
        let mode = Mode::from_raw_mode(old.mode() & 0o777);
        chmodat(&self.directory, temporary, mode, AtFlags::empty()).map_err(failed("keep the mode of"))
    }

    fn publish(mut self, overwrite: Overwrite) -> Result<(), FileError> {
        let Some(temporary) = self.temporary.as_deref() else { return Ok(()) };
        let directory = self.directory.as_fd();
        match overwrite {
            Overwrite::Allow => renameat(directory, temporary, directory, self.name),
            Overwrite::Refuse => rename_new(directory, temporary, self.name),
        }
        .map_err(|errno| match errno {
            Errno::EXIST => FileError::Exists { path: self.path.to_owned() },
            errno => errno_failed("rename", self.path, errno),
        })?;
        self.temporary = None;
        rustix::fs::fsync(&self.directory).map_err(|errno| errno_failed("write", self.path, errno))
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Nobody can be told; the name says what it is.
            let _ = unlinkat(&self.directory, temporary.as_str(), AtFlags::empty());
        }
    }
}

/// Renames to a name that is free, in one step.
fn rename_new(directory: impl AsFd + Copy, temporary: &str, name: &OsStr) -> Result<(), Errno> {
    match renameat_with(directory, temporary, directory, name, RenameFlags::NOREPLACE) {
        // Not every file system knows how; a second link also fails when the name is taken.
        Err(Errno::INVAL | Errno::NOSYS) => {
            linkat(directory, temporary, directory, name, AtFlags::empty())?;
            unlinkat(directory, temporary, AtFlags::empty())
        }
        result => result,
    }
}

/// Makes a directory, 0700 under any umask, and those above it. One that is there stays as it is.
///
/// # Errors
/// [`FileError::Io`].
pub fn create_directory(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_directory(parent)?;
    }
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) => {}
        Err(Errno::EXIST) if path.is_dir() => return Ok(()),
        Err(errno) => return Err(errno_failed("create", path, errno)),
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(|source| io_failed("set the mode of", path, source))
}

fn random_name() -> Result<String, FileError> {
    let mut octets = [0; 16];
    rand::fill(&mut octets).map_err(|_| FileError::Random)?;
    Ok(hex::encode(octets))
}

fn errno_failed(action: &'static str, path: &Path, errno: Errno) -> FileError {
    io_failed(action, path, errno.into())
}

pub(crate) fn io_failed(action: &'static str, path: &Path, source: io::Error) -> FileError {
    FileError::Io { action, path: PathBuf::from(path), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_whole_with_its_mode_and_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        for (name, access, wanted) in [("private", Access::Private, 0o600), ("public", Access::Public, 0o644)] {
            let path = directory.path().join(name);
            write(&path, b"contents", access, Overwrite::Refuse).unwrap();
            assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (&b"contents"[..], wanted));
        }
        assert_eq!(names(directory.path()), ["private", "public"]);
    }

    #[test]
    fn nothing_is_overwritten_unasked() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        fs::write(&two, "old").unwrap();
        let files = [
            NewFile { path: &one, contents: b"new", access: Access::Private },
            NewFile { path: &two, contents: b"new", access: Access::Private },
        ];
        let error = write_all(&files, Overwrite::Refuse).unwrap_err();
        assert!(matches!(error, FileError::Exists { path } if path == two));
        assert_eq!(names(directory.path()), ["two"], "the other was not written either");
        write_all(&files, Overwrite::Allow).unwrap();
        assert_eq!((fs::read(&one).unwrap(), fs::read(&two).unwrap()), (b"new".to_vec(), b"new".to_vec()));
        assert_eq!(mode(&two), 0o600, "the mode is the new one");
    }

    #[test]
    fn a_name_that_is_taken_in_the_last_moment_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let staged = Staged::new(&NewFile { path: &path, contents: b"new", access: Access::Private }).unwrap();
        fs::write(&path, "old").unwrap();
        assert!(matches!(staged.publish(Overwrite::Refuse), Err(FileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["key"]);
    }

    #[test]
    fn a_file_that_is_not_published_leaves_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, "old").unwrap();
        drop(Staged::new(&NewFile { path: &path, contents: b"new", access: Access::Private }).unwrap());
        assert_eq!(names(directory.path()), ["key"]);
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn what_is_killed_between_two_names_leaves_every_file_old_or_new() {
        for published in 0..=3 {
            let directory = tempfile::tempdir().unwrap();
            let paths: Vec<PathBuf> = ["key", "certificate", "json"].map(|name| directory.path().join(name)).to_vec();
            paths.iter().for_each(|path| fs::write(path, "old").unwrap());
            let files: Vec<NewFile<'_>> =
                paths.iter().map(|path| NewFile { path, contents: b"new", access: Access::Private }).collect();
            let staged = files.iter().map(Staged::new).collect::<Result<Vec<_>, _>>().unwrap();
            for (number, file) in staged.into_iter().enumerate() {
                if number < published {
                    file.publish(Overwrite::Allow).unwrap();
                } else {
                    // Nothing is dropped in a process that is killed.
                    std::mem::forget(file);
                }
            }
            let contents: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
            let wanted: Vec<&[u8]> =
                (0..3).map(|number| if number < published { &b"new"[..] } else { b"old" }).collect();
            assert_eq!(contents, wanted);
            write_all(&files, Overwrite::Allow).unwrap();
        }
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        fs::write(&target, "precious").unwrap();
        symlink(&target, &link).unwrap();
        assert!(matches!(write(&link, b"new", Access::Private, Overwrite::Refuse), Err(FileError::Exists { .. })));
        write(&link, b"new", Access::Private, Overwrite::Allow).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"precious");
        assert!(link.symlink_metadata().unwrap().is_file());
        let dangling = directory.path().join("dangling");
        symlink(directory.path().join("nowhere"), &dangling).unwrap();
        assert!(matches!(write(&dangling, b"new", Access::Private, Overwrite::Refuse), Err(FileError::Exists { .. })));
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_mode_and_the_links_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!((fs::read(&file).unwrap(), mode(&file)), (b"new".to_vec(), 0o640));
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(names(directory.path()), ["file", "link"]);
        assert!(matches!(replace(&directory.path().join("missing"), b""), Err(FileError::Io { .. })));
        assert!(matches!(replace(directory.path(), b""), Err(FileError::NotAFile { .. })));
    }

    #[test]
    fn a_path_that_names_no_file_is_refused() {
        for path in ["", "/", ".."] {
            let result = write(Path::new(path), b"", Access::Private, Overwrite::Allow);
            assert!(matches!(result, Err(FileError::NotAFile { .. })), "{path:?}");
        }
        let missing = write(Path::new("/nonexistent/directory/file"), b"", Access::Private, Overwrite::Allow);
        assert!(matches!(missing, Err(FileError::Io { action: "open", .. })));
    }

    #[test]
    fn directories_are_made_private_and_old_ones_stay() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("a/b/c");
        create_directory(&deep).unwrap();
        assert_eq!((mode(&deep), mode(&directory.path().join("a"))), (0o700, 0o700));
        fs::set_permissions(&deep, fs::Permissions::from_mode(0o755)).unwrap();
        create_directory(&deep).unwrap();
        assert_eq!(mode(&deep), 0o755);
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(create_directory(&file).is_err());
    }
}
