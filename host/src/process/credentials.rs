//! Secrets from the supervisor, as `systemd.exec(5)` describes `LoadCredential=`: files in a folder that it names, which
//! nobody else can read and which are never on a disk.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The credential with the password of the issuing key.
const PASSWORD: &str = "password";

/// The file of the credential `password`, if the supervisor has given one.
pub fn password_credential() -> Option<PathBuf> {
    credential(env::var_os("CREDENTIALS_DIRECTORY"), PASSWORD)
}

fn credential(folder: Option<OsString>, name: &str) -> Option<PathBuf> {
    let file = Path::new(&folder.filter(|folder| !folder.is_empty())?).join(name);
    file.exists().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_a_file_in_the_folder_of_the_supervisor() {
        let folder = tempfile::tempdir().unwrap();
        let named = || Some(folder.path().as_os_str().to_owned());
        assert_eq!(credential(named(), PASSWORD), None);
        std::fs::write(folder.path().join("password"), "x").unwrap();
        assert_eq!(credential(named(), PASSWORD), Some(folder.path().join("password")));
        assert_eq!(credential(Some(OsString::new()), PASSWORD), None);
        assert_eq!(credential(None, PASSWORD), None);
    }
}
