//! Files that are not what they were: found at the start, and named with what helps.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use step_tests::TestCa;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A CA with three certificates, stopped.
fn used() -> TestCa {
    let mut ca = TestCa::start();
    for name in ["a.example", "b.example", "c.example"] {
        ca.issue(name);
    }
    ca.stop();
    ca
}

#[test]
fn a_store_that_is_gone_is_not_made_anew_in_silence() {
    let mut ca = used();
    let aside = ca.store_path().with_extension("aside");
    fs::rename(ca.store_path(), &aside).unwrap();
    let error = ca.try_restart().unwrap_err();
    assert!(error.contains("is missing or empty") && error.contains("restore it from a backup"), "{error}");
    // Nobody has touched what is left.
    fs::rename(&aside, ca.store_path()).unwrap();
    ca.restart();
    ca.issue("d.example");
}

#[test]
fn a_store_that_was_cut_or_scribbled_on_is_refused() {
    let mut ca = used();
    let good = fs::read(ca.store_path()).unwrap();
    let head = ca.step_path().base().join("db-seen").join("step-ca.sqlite.head");
    let good_head = fs::read(&head).unwrap();
    let put = |ca: &TestCa, octets: &[u8]| {
        for beside in ["sqlite-wal", "sqlite-shm"] {
            let _ = fs::remove_file(ca.store_path().with_extension(beside));
        }
        fs::write(ca.store_path(), octets).unwrap();
        fs::write(&head, &good_head).unwrap();
    };
    let mut refused = 0;
    let mut damage = vec![good[..good.len() / 2].to_vec(), b"not a database, but as long as one\n".repeat(200)];
    for place in (100..good.len()).step_by(good.len() / 12) {
        let mut octets = good.clone();
        octets[place..place + 16].fill(0xa5);
        damage.push(octets);
    }
    for octets in &damage {
        put(&ca, octets);
        match ca.try_restart() {
            Err(error) => refused += usize::from(error.contains(ca.store_path().to_str().unwrap())),
            // Some pages are empty, and some are looked at when somebody asks for them.
            Ok(()) => ca.stop(),
        }
    }
    assert!(refused >= 2, "{refused} of {}", damage.len());
    put(&ca, &good);
    ca.restart();
    ca.issue("d.example");
    println!("{refused} of {} damaged stores were refused at the start", damage.len());
}

#[test]
fn secrets_that_others_can_read_are_not_used() {
    let mut ca = used();
    let path = ca.step_path().clone();
    let key = path.intermediate_key();
    for (file, good, bad) in [
        (key.clone(), 0o600, 0o644),
        (key.clone(), 0o600, 0o640),
        (key, 0o600, 0o602),
        (ca.store_path(), 0o600, 0o644),
        (ca.store_path(), 0o600, 0o660),
        (ca.store_path().parent().unwrap().to_owned(), 0o700, 0o777),
    ] {
        chmod(&file, bad);
        let error = ca.try_restart().err();
        // The group of root is trusted with mounted secrets, but not with more than reading.
        let Some(error) = error else {
            assert_eq!(bad, 0o640, "{} was used with mode {bad:o}", file.display());
            ca.stop();
            chmod(&file, good);
            continue;
        };
        assert!(error.contains("chmod") && error.contains(file.to_str().unwrap()), "{error}");
        chmod(&file, good);
    }
    ca.restart();
}

#[test]
fn two_servers_do_not_share_a_store() {
    let mut ca = TestCa::start();
    ca.issue("a.example");
    let store = ca.store_path();
    let other = TestCa::build()
        .configure(move |ca_json| ca_json["db"] = serde_json::json!({"type": "sqlite", "dataSource": store}))
        .try_start();
    assert!(other.err().unwrap().contains("is in use by another server"));
    ca.restart();
}

#[test]
fn planted_native_code_is_not_run() {
    let mut ca = used();
    let cache = ca.step_path().base().join("cache").join("wasm");
    let mut planted = 0;
    for entry in fs::read_dir(&cache).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "cwasm") {
            let mut code = fs::read(entry.path()).unwrap();
            let middle = code.len() / 2;
            code[middle] ^= 0xff;
            fs::write(entry.path(), code).unwrap();
            planted += 1;
        }
    }
    assert!(planted >= 2, "both stock modules are there");
    ca.restart();
    ca.issue("d.example");
}
