//! Secrets that are none, and secrets that the supervisor gives.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
    process::{Command, Output},
};

use serde_json::json;

use crate::supervised::{Files, PASSWORD};

/// `step-ca check` with these files.
fn check(files: &Files, password_file: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_step-ca"));
    command.arg("check").arg(files.ca_json()).env_remove("CREDENTIALS_DIRECTORY");
    if let Some(file) = password_file {
        command.arg("--password-file").arg(file);
    }
    command.output().unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Every file with a secret × everybody who must not read it; the last column needs root, who alone gives files away.
#[test]
fn secrets_that_others_can_read_keep_the_ca_from_starting_and_it_says_which_chmod_helps() {
    let files = Files::make();
    files.configure(|file| file["password"] = json!(std::str::from_utf8(PASSWORD).unwrap()));
    let password = files.password_file();
    let good = check(&files, Some(&password));
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let secrets = [
        ("key", files.step_path().intermediate_key()),
        ("password file", password.clone()),
        ("store", files.step_path().base().join("db/step-ca.sqlite")),
        ("ca.json", files.ca_json()),
    ];
    let mut refused = 0;
    for (what, path) in &secrets {
        // A group may read what root owns, as secrets are mounted; never may it write.
        for mode in [0o660, 0o604] {
            set_mode(path, mode);
            // Without it, the password in ca.json is used.
            let password = (*what != "ca.json").then_some(password.as_path());
            let output = check(&files, password);
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{what} {mode:o}: {text}");
            assert!(text.contains(path.to_str().unwrap()) && text.contains("chmod 600"), "{what} {mode:o}: {text}");
            set_mode(path, 0o600);
            refused += 1;
        }
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can give {what} to somebody else");
            continue;
        }
        chown(path, Some(65_534), None).unwrap();
        let output = check(&files, Some(&password));
        assert_eq!(output.status.code(), Some(2), "{what} of somebody else");
        chown(path, Some(0), None).unwrap();
        refused += 1;
    }
    println!("{refused} of 12 combinations are refused");
    assert!(check(&files, Some(&password)).status.success(), "what was mended is good");
}

#[test]
fn the_credential_of_the_supervisor_is_the_password_when_nothing_else_is_said() {
    let files = Files::make();
    let folder = tempfile::TempDir::new().unwrap();
    let credential = folder.path().join("password");
    let with_credential = |wanted: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_step-ca"));
        command.arg("check").arg(files.ca_json()).env("CREDENTIALS_DIRECTORY", folder.path());
        if let Some(file) = wanted {
            command.arg("--password-file").arg(file);
        }
        command.stdin(std::process::Stdio::null()).output().unwrap()
    };
    assert_eq!(with_credential(None).status.code(), Some(2), "there is none, and nobody to be asked");
    fs::write(&credential, PASSWORD).unwrap();
    set_mode(&credential, 0o400);
    assert!(with_credential(None).status.success());
    set_mode(&credential, 0o444);
    let output = with_credential(None);
    assert!(String::from_utf8_lossy(&output.stderr).contains("chmod 600"), "{output:?}");
    assert!(with_credential(Some(&files.password_file())).status.success(), "what is said wins");
}
