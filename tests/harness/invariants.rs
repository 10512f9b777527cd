//! What must hold after every test, whatever it did.

use std::collections::HashSet;

use authority::{Certificate, verify_path};
use step_ca::audit::Outcome;

use crate::{ca::TestCa, openssl::OpenSsl};

/// The common names of the certificates the CA gives its own listener, and whoever signs its OCSP answers.
const OWN_NAMES: [&str; 2] = ["Step Online CA", "OCSP Responder"];

/// Checks a CA that has stopped: every certificate a client was answered is on record, no more was signed than was
/// answered, every issuance has its line in the audit log, no serial number is there twice, and strangers accept every
/// chain.
///
/// `are_all_clients_ours` is false when certificates were also issued to programs whose answers the harness did not
/// see; what is on record then may be more than the ledger has.
pub(crate) fn check(ca: &TestCa, are_all_clients_ours: bool) {
    let records = ca.records();
    let answered = ca.answered();

    let unrecorded: Vec<_> = answered.iter().filter(|answered| !records.has(answered)).collect();
    assert!(unrecorded.is_empty(), "{} certificates were answered and are not on record", unrecorded.len());

    let own = |record: &&crate::Record| record.provisioner.is_empty() && OWN_NAMES.contains(&&*record.subject);
    let to_clients = records.certificates.len() - records.certificates.iter().filter(own).count();
    if are_all_clients_ours {
        assert_eq!(to_clients, answered.len(), "as many certificates on record as were answered");
    }
    assert_eq!(
        records.with(Outcome::Issued).count(),
        records.certificates.len(),
        "every certificate has its line in the audit log, and no other"
    );

    let serials: HashSet<String> =
        records.certificates.iter().map(|record| record.certificate.serial_number().to_string()).collect();
    assert_eq!(serials.len(), records.certificates.len(), "no serial number is used twice");

    let certificates: Vec<Certificate> = records.certificates.into_iter().map(|record| record.certificate).collect();
    accepted_by_strangers(ca, &certificates);
}

fn accepted_by_strangers(ca: &TestCa, certificates: &[Certificate]) {
    let mut count = 0;
    for (root, intermediate) in ca.hierarchies() {
        let key = intermediate.subject_key_identifier();
        let is_of = |certificate: &&Certificate| certificate.authority_key_identifier() == key;
        let issued: Vec<Certificate> = certificates.iter().filter(is_of).cloned().collect();
        count += issued.len();
        accepted_under(root, intermediate, &issued);
    }
    assert_eq!(count, certificates.len(), "every certificate is of an issuer that was in force");
}

fn accepted_under(root: &Certificate, intermediate: &Certificate, certificates: &[Certificate]) {
    for certificate in certificates {
        let path = verify_path(
            certificate,
            std::slice::from_ref(intermediate),
            std::slice::from_ref(root),
            certificate.validity().not_after,
            &[],
        );
        let path = path.unwrap_or_else(|error| panic!("webpki refuses {}: {error}", certificate.pem()));
        assert_eq!(path.len(), 3);
    }
    let Some(openssl) = OpenSsl::find() else { return };
    // A command line has room for so many names.
    for some in certificates.chunks(1_000) {
        if let Err(error) = openssl.verify(root, std::slice::from_ref(intermediate), some) {
            panic!("openssl refuses: {error}");
        }
    }
}
