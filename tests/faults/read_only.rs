//! A file system that cannot be written: what is on record is served, and nothing is added to it.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::json;
use step_tests::{Answer, Client, Csr, Leaf, TestCa, body_of_2026};

use crate::child::Process;

/// A CA with certificates, one of them revoked, and a list that says so; stopped, or killed in the middle of its work.
struct Used {
    ca: TestCa,
    leaf: Leaf,
    list: Vec<u8>,
}

impl Used {
    fn new(is_killed: bool) -> Self {
        let mut ca = TestCa::build().system_clock().configure(|file| file["crl"] = json!({"enabled": true})).start();
        ca.let_others_in();
        let leaf = ca.issue("kept.example");
        let ended = ca.issue("ended.example");
        let serial_number = ended.certificate().serial_number().to_string();
        let revoked =
            ca.client_with(ended.identity()).post("/revoke", &json!({"serial": serial_number, "passive": true}));
        let _ = revoked.expect(200);
        let mut list = ca.client().get("/crl").expect(200).body;
        ca.stop();
        if is_killed {
            // What it wrote is in the log of the database, beside it.
            let process = Process::start(ca.step_path().base(), None);
            let client = ca.client_at(process.address);
            let _ = sign(&client, "last.example", &ca.token("last.example").sign()).expect(201);
            list = client.get("/crl").expect(200).body;
            process.kill();
        }
        Self { ca, leaf, list }
    }

    fn folder(&self) -> &Path {
        self.ca.step_path().base()
    }

    /// Asks for everything a CA does.
    fn is_served_and_nothing_more(&self, process: &Process, token: &str) {
        let client = self.ca.client_at(process.address);
        for (path, status) in
            [("/health", 200), ("/version", 200), ("/roots", 201), ("/provisioners", 200), ("/ready", 503)]
        {
            let answer = client.get(path);
            assert_eq!(answer.status, status, "{path}: {}", answer.text());
        }
        assert_eq!(client.get("/crl").expect(200).body, self.list, "the last list, to the last octet");
        for _ in 0..3 {
            let answer = sign(&client, "new.example", token).expect(503);
            assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
        }
        let holder = self.ca.client_at_with(process.address, self.leaf.identity());
        let _ = holder.post("/renew", &json!({})).expect(503);
        let serial_number = self.leaf.certificate().serial_number().to_string();
        let _ = holder.post("/revoke", &json!({"serial": serial_number, "passive": true})).expect(503);
    }

    /// Written again, it lacks nothing.
    fn starts_as_ever(mut self, token: &str) {
        self.ca.restart();
        let _ = sign(self.ca.client(), "new.example", token).expect(201);
        let _ = sign(self.ca.client(), "new.example", token).expect(401);
        let number = |octets: &[u8]| authority::CertificateList::from_der(octets).unwrap().number();
        let next = self.ca.client().get("/crl").expect(200).body;
        assert!(number(&next) >= number(&self.list));
    }
}

fn sign(client: &Client, name: &str, token: &str) -> Answer {
    client.post("/sign", &body_of_2026(&Csr::of(name).pem, token, "", ""))
}

/// Every file and folder below, with its mode and what is in it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let mode = metadata.permissions().mode();
            if metadata.is_dir() {
                found.insert(path.clone(), (mode, Vec::new()));
                folders.push(path);
            } else {
                found.insert(path.clone(), (mode, fs::read(&path).unwrap()));
            }
        }
    }
    found.insert(folder.to_owned(), (folder.metadata().unwrap().permissions().mode(), Vec::new()));
    found
}

fn with_modes(found: &BTreeMap<PathBuf, (u32, Vec<u8>)>, mode: impl Fn(u32) -> u32) {
    for (path, (before, _)) in found {
        fs::set_permissions(path, Permissions::from_mode(mode(*before))).unwrap();
    }
}

/// What a closed or killed server leaves is the same afterwards, the index of SQLite's log apart, which is made anew.
fn is_untouched(before: &BTreeMap<PathBuf, (u32, Vec<u8>)>, folder: &Path) {
    let after = contents(folder);
    assert!(before.keys().eq(after.keys()), "nothing is made and nothing removed");
    let is_index = |path: &Path| path.to_string_lossy().ends_with("-shm");
    for (path, (_, octets)) in before.iter().filter(|(path, _)| !is_index(path)) {
        assert_eq!(after[path].1, *octets, "{} was changed", path.display());
    }
}

#[test]
fn where_modes_forbid_to_write_it_serves_what_is_on_record() {
    for is_killed in [false, true] {
        let used = Used::new(is_killed);
        let token = used.ca.token("new.example").sign();
        let before = contents(used.folder());
        with_modes(&before, |mode| mode & !0o222);
        let process = Process::start_powerless(used.folder());
        used.is_served_and_nothing_more(&process, &token);
        process.kill();
        is_untouched(&before, used.folder());
        with_modes(&before, |mode| mode);
        used.starts_as_ever(&token);
    }
}

#[test]
fn where_the_file_system_is_mounted_read_only_it_serves_what_is_on_record() {
    for is_killed in [false, true] {
        let used = Used::new(is_killed);
        let token = used.ca.token("new.example").sign();
        let before = contents(used.folder());
        let Some(process) = Process::start_on_read_only(used.folder()) else {
            println!("skipped: this user may not mount anything, not even in a namespace of its own");
            return;
        };
        used.is_served_and_nothing_more(&process, &token);
        process.kill();
        is_untouched(&before, used.folder());
        used.starts_as_ever(&token);
    }
}
