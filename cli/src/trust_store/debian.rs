//! The store as Debian's own tool keeps it, in a file system of the test's own.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;
use crate::testing::{Server, http};

const TOOL: &str = "/usr/sbin/update-ca-certificates";
const ANCHORS: &str = "usr/local/share/ca-certificates";
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";

/// A Debian whose tool is that of this machine, told to keep to this file system. None where there is no such tool.
fn debian() -> Option<tempfile::TempDir> {
    if !Path::new(TOOL).is_file() {
        eprintln!("skipped: ca-certificates is not installed");
        return None;
    }
    let root = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| root.path().join(name);
    for folder in [ANCHORS, "usr/share/ca-certificates", "usr/sbin", "etc/ssl/certs", "etc/ca-certificates/update.d"] {
        fs::create_dir_all(path(folder)).expect("made");
    }
    fs::write(path("etc/ca-certificates.conf"), "# none of the distribution's\n").expect("written");
    let places = [
        ("--certsconf", "etc/ca-certificates.conf"),
        ("--certsdir", "usr/share/ca-certificates"),
        ("--localcertsdir", ANCHORS),
        ("--etccertsdir", "etc/ssl/certs"),
        ("--hooksdir", "etc/ca-certificates/update.d"),
    ];
    let places = places.map(|(flag, place)| format!("{flag} '{}'", path(place).display())).join(" ");
    let program = path("usr/sbin/update-ca-certificates");
    fs::write(&program, format!("#!/bin/sh\nexec {TOOL} {places} \"$@\"\n")).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("made a program");
    Some(root)
}

/// Whether curl trusts the server; none where there is no curl.
fn curl_trusts(url: &str, bundle: &Path) -> Option<bool> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--noproxy", "*", "--cacert"]).arg(bundle).arg(url);
    match curl.output() {
        Ok(output) => Some(output.status.success()),
        Err(_) => {
            eprintln!("skipped: curl is not installed");
            None
        }
    }
}

/// Whether openssl finds the certificate among the trusted ones of a folder.
fn openssl_trusts(certificate: &Path, folder: &Path) -> bool {
    let mut openssl = Command::new("openssl");
    openssl.args(["verify", "-no-CAfile", "-no-CAstore", "-CApath"]).arg(folder).arg(certificate);
    openssl.output().expect("openssl is installed").status.success()
}

#[test]
fn what_is_installed_is_trusted_by_every_program_until_it_is_taken_out() {
    let Some(root) = debian() else { return };
    let path = |name: &str| root.path().join(name);
    let server = Server::answering(vec![http("200 OK", "", "hello"); 3]);
    let file = path("root.crt");
    fs::write(&file, &server.root).expect("written");
    let der = certificates::first(server.root.as_bytes()).expect("a root");
    let anchor = Anchor { file: &file, der: &der, prefix: "step-" };
    let store = TrustStore::detect(root.path()).expect("Debian");
    let (bundle, folder) = (path(BUNDLE), path("etc/ssl/certs"));

    let other = crate::testing::root_certificate();
    let other_der = certificates::first(other.as_bytes()).expect("a root");
    let other = Anchor { file: Path::new("/nowhere"), der: &other_der, prefix: "step-" };
    store.install(&other).expect("installed");
    assert_ne!(curl_trusts(&server.url, &bundle), Some(true));
    assert!(!openssl_trusts(&file, &folder));

    store.install(&anchor).expect("installed");
    assert_ne!(curl_trusts(&server.url, &bundle), Some(false));
    assert!(openssl_trusts(&file, &folder));
    // Whoever installs it twice has it once.
    store.install(&anchor).expect("installed");
    assert_eq!(fs::read_to_string(&bundle).expect("a bundle").matches("BEGIN CERTIFICATE").count(), 2);

    store.uninstall(&anchor).expect("taken out");
    assert_ne!(curl_trusts(&server.url, &bundle), Some(true));
    assert!(!openssl_trusts(&file, &folder));
    let left = certificates::all(&fs::read(&bundle).expect("a bundle")).expect("certificates");
    assert_eq!(left, [other_der]);
}
