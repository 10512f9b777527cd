//! Flipped octets and cut files are found: no panic, and no token is forgotten in silence.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    sync::OnceLock,
};

use super::*;
use crate::store::Damage;

const TOKENS: u64 = 40;

/// A closed store with certificates, spent tokens, data and refusals, as octets.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let (_folder, path) = folder();
        runtime().block_on(fill(&Arc::new(open_at(&path))));
        fs::read(&path).unwrap()
    })
}

async fn fill(store: &Arc<Embedded>) {
    record_all(store, (0..TOKENS).map(|n| issuance(n, n))).await;
    store.record_refusal(entry(Came::Refused), None);
    let (provisioner, key) = ("ci".to_owned(), "k".to_owned());
    let value = Some(b"value".to_vec());
    store.change_data(DataChange { provisioner, key, when: Condition::Always, value }).await.unwrap();
}

/// Puts a store of these octets into a fresh folder.
fn placed(octets: &[u8]) -> (TempDir, PathBuf) {
    let (folder, path) = folder();
    fs::DirBuilder::new().mode(0o700).create(path.parent().unwrap()).unwrap();
    place(&path, octets);
    (folder, path)
}

fn place(path: &Path, octets: &[u8]) {
    fs::write(path, octets).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Opens the store. It is refused, or found damaged, or nothing is missing.
fn is_found_or_harmless(path: &Path, runtime: &tokio::runtime::Runtime) -> bool {
    let Ok(store) = open_when_free(path, NOW) else { return true };
    runtime.block_on(async { store.check().await.is_err() || has_everything(&store).await })
}

/// Looks at many at once: most of the time goes into waiting for the disk.
fn are_found_or_harmless(stores: Vec<Vec<u8>>) -> bool {
    std::thread::scope(|scope| {
        let looking: Vec<_> = stores
            .iter()
            .map(|octets| {
                scope.spawn(move || {
                    let (_folder, path) = placed(octets);
                    is_found_or_harmless(&path, &runtime())
                })
            })
            .collect();
        looking.into_iter().all(|looking| looking.join().unwrap())
    })
}

async fn has_everything(store: &Embedded) -> bool {
    for n in 0..TOKENS {
        let kept = store.certificate(serial(n)).await;
        let is_kept = matches!(kept, Ok(Some(kept)) if kept == certificate(n));
        if !is_kept || !store.is_spent(token(n).id).await.is_ok_and(|spent| spent) {
            return false;
        }
    }
    true
}

#[test]
fn a_sound_store_is_found_sound() {
    let (_folder, path) = placed(sound());
    let report = runtime().block_on(async { open_at(&path).check().await.unwrap() });
    assert_eq!((report.certificates, report.spent, report.head.sequence), (TOKENS, TOKENS, TOKENS + 1));
}

#[test]
fn spent_tokens_that_are_changed_are_found_before_anything_is_issued() {
    for sql in [
        "UPDATE spent SET expires = expires - 1 WHERE CHOSEN",
        "DELETE FROM spent WHERE CHOSEN",
        "INSERT INTO spent VALUES (randomblob(32), 5)",
        "UPDATE state SET watermark = watermark + 1",
        "UPDATE state SET spent = spent - 1",
        "DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)",
        "UPDATE audit SET line = replace(line, 'host1.', 'host2.') WHERE line LIKE '%host1.%'",
        "DELETE FROM certificates WHERE number = (SELECT max(number) FROM certificates)",
        "DELETE FROM state",
    ] {
        let (_folder, path) = placed(sound());
        let chosen = "credential = (SELECT min(credential) FROM spent)";
        Connection::open(&path).unwrap().execute_batch(&sql.replace("CHOSEN", chosen)).unwrap();
        let result = open_when_free(&path, NOW);
        assert!(matches!(result, Err(OpenError::Damaged { .. })), "{sql}");
    }
}

#[test]
fn a_certificate_that_was_changed_is_found_when_it_is_read_and_when_all_is_checked() {
    for sql in [
        "UPDATE certificates SET subject = 'other' WHERE number = 5",
        "UPDATE certificates SET der = x'00' WHERE number = 5",
        "UPDATE certificates SET not_after = not_after + 1 WHERE number = 5",
        "UPDATE certificates SET names = '[]' WHERE number = 5",
    ] {
        let (_folder, path) = placed(sound());
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        let query = "SELECT serial_number FROM certificates WHERE number = 5";
        let changed: [u8; 20] = connection.query_row(query, [], |row| row.get(0)).unwrap();
        drop(connection);
        runtime().block_on(async {
            let store = open_at(&path);
            let changed = SerialNumber::from_bytes(&changed).unwrap();
            let found = |error: &StoreError| matches!(error, StoreError::Damaged(Damage::Certificate { number: 5 }));
            assert!(store.certificate(changed).await.is_err_and(|error| found(&error)), "{sql}");
            assert!(store.check().await.is_err_and(|error| found(&error)), "{sql}");
        });
    }
}

#[test]
fn a_damaged_write_ahead_log_does_not_forget_in_silence() {
    // As a killed server leaves it: everything is in the log.
    let (_folder, path) = folder();
    let parts = ["", "-wal"];
    let runtime = runtime();
    let octets = runtime.block_on(async {
        let store = Arc::new(open_at(&path));
        fill(&store).await;
        parts.map(|part| fs::read(format!("{}{part}", path.display())).unwrap())
    });
    let head = fs::read(head_of(&path)).unwrap();
    let length = octets[1].len();
    for (place_of_damage, cut) in (0..60).map(|n| (n * length / 60, n % 3 == 0)) {
        let (_folder, path) = placed(&octets[0]);
        let mut octets = octets.clone();
        fs::DirBuilder::new().mode(0o700).create(head_of(&path).parent().unwrap()).unwrap();
        place(&head_of(&path), &head);
        match cut {
            true => octets[1].truncate(place_of_damage),
            false => octets[1][place_of_damage] ^= 0x10,
        }
        for (part, octets) in parts.iter().zip(&octets).skip(1) {
            place(Path::new(&format!("{}{part}", path.display())), octets);
        }
        let set_back = open_when_free(&path, NOW).map(|store| store.origin().set_back);
        let told = !matches!(set_back, Ok(None)) || is_found_or_harmless(&path, &runtime);
        assert!(told, "octet {place_of_damage} of {length}, cut: {cut}");
    }
}

proptest! {
    // A thousand octets, and two hundred cuts.
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn a_flipped_octet_is_found_or_harmless(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 20),
    ) {
        let damaged = flips.into_iter().map(|(place, flip)| {
            let mut octets = sound().to_vec();
            let place = place.index(octets.len());
            octets[place] ^= flip;
            octets
        });
        prop_assert!(are_found_or_harmless(damaged.collect()));
    }

    #[test]
    fn a_cut_file_is_found(cuts in prop::collection::vec(any::<prop::sample::Index>(), 4)) {
        let cut = cuts.into_iter().map(|cut| sound()[..1 + cut.index(sound().len() - 1)].to_vec());
        prop_assert!(are_found_or_harmless(cut.collect()));
    }
}
