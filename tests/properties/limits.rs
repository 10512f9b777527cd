//! `step-ca limits`, line by line: one less than a limit and the limit itself are taken, one more is refused.
//!
//! What this suite cannot try through the whole CA is tried where it is enforced; the name of that test stands here, and
//! has to exist. A line without either fails.

use std::{collections::BTreeSet, fs, path::Path};

use authority::{Certificate, SubjectAltNames};
use serde_json::{Value, json};
use step_ca::{
    config::Config,
    limits::{Amount, TABLE},
};
use step_tests::{Csr, TestCa, Token};

use crate::doors::Door;

/// How a limit is shown to hold.
enum Proof {
    /// Whether so much is taken.
    Tried(fn(&Door, u64) -> bool),
    /// The file of a test, and its name.
    In(&'static str, &'static str),
    /// Why nothing tries it to the unit: it takes too long or too much, or depends on the machine.
    Untried(&'static str),
}
use Proof::{In, Tried, Untried};

const TIMED: &str = "it is a time, and tests measure none";
const MOMENTARY: &str = "how many there are at once depends on the machine";
const ROUTES: &str = "host/src/routes/tests/refusals.rs";
const RUNTIME: &str = "host/policy-runtime/src/tests/calls.rs";
const CASES: &str = "host/policy-runtime/src/tests/cases.rs";
const HOSTILE: &str = "every_hostile_module_is_stopped_for_its_own_reason_and_its_neighbour_still_answers";
const COMPILING: &str = "host/policy-runtime/src/compiling.rs";
const CACHE: &str = "host/src/effects/http/cache.rs";
const DNS_CACHE: &str = "host/src/effects/dns/cache.rs";
const EFFECTS: &str = "host/src/effects/http/tests.rs";

const PROOFS: &[(&str, Proof)] = &[
    ("configuration file", Tried(configuration_file)),
    ("JSON depth", In(ROUTES, "json_is_read_up_to_the_depth_limit_and_not_beyond")),
    ("request body", Tried(body)),
    (
        "request body read after it was refused",
        In("host/src/server/tests/http.rs", "a_body_without_end_is_not_read_for_ever"),
    ),
    ("request URI", Tried(target)),
    ("request header section", In("host/src/server/tests/http.rs", "a_header_section_beyond_the_limit_is_refused")),
    ("line in the audit log", In("host/src/audit/entry.rs", "no_texts_make_a_line_over_the_bound")),
    (
        "notes of policies in a line of the audit log",
        In("host/src/policies/notes.rs", "the_first_notes_are_kept_and_the_others_counted"),
    ),
    ("TLS handshake", Untried(TIMED)),
    (
        "failed TLS handshakes logged in a second",
        In("host/src/telemetry/throttle.rs", "what_is_held_back_is_counted_and_told_in_the_next_second"),
    ),
    ("reading headers", Untried(TIMED)),
    ("reading a body, writing an answer, idle connection", Untried(TIMED)),
    ("connections", In("host/src/server/unfinished.rs", "when_the_server_is_full_the_oldest_of_all_goes")),
    (
        "unfinished connections of one peer",
        In("host/src/server/unfinished.rs", "at_the_cap_the_oldest_goes_and_the_new_one_stays"),
    ),
    (
        "HTTP/2 streams of one connection",
        In("host/src/server/tests/http.rs", "a_client_of_http2_is_told_how_many_streams_it_may_open"),
    ),
    ("finishing what was accepted after SIGTERM", Untried(TIMED)),
    (
        "certificates in a presented chain",
        In("host/src/server/tests/tls.rs", "a_presented_chain_is_read_up_to_the_limit_and_not_beyond"),
    ),
    ("token", In("host/jose/tests/jose/tokens.rs", "sizes_are_refused_one_octet_past_their_limit")),
    ("header of a token", In("host/jose/tests/jose/tokens.rs", "sizes_are_refused_one_octet_past_their_limit")),
    ("jti or kid of a token", Tried(jti)),
    ("sub or iss of a token", Tried(sub)),
    ("audiences of a token", Tried(audiences)),
    ("iterations of PBES2", Tried(iterations)),
    ("leeway for the times of a token", Tried(leeway)),
    ("life of a token", Tried(life)),
    ("until a token begins", Tried(delay)),
    ("certification request", Tried(request)),
    ("extensions of a certification request", Tried(requested_extensions)),
    ("names of a certificate", Tried(names)),
    (
        "policy modules that a certificate names",
        In("host/src/config/provenance.rs", "a_certificate_names_so_many_modules_and_no_more"),
    ),
    ("characters of a common name", Tried(common_name)),
    ("DNS name", Tried(dns_name)),
    ("label of a DNS name", Tried(label)),
    ("e-mail address", Tried(email_address)),
    ("URI as a name", Tried(uri)),
    ("bits of an RSA key", In("host/authority/src/public_key/rsa.rs", "sizes_are_held_to_at_the_edges")),
    (
        "certificates of a path",
        In("host/authority/tests/authority/paths.rs", "a_ca_path_has_a_time_an_end_and_a_depth"),
    ),
    ("waiting for the store", Untried(TIMED)),
    ("value in the store", In("host/src/store/embedded/tests/mod.rs", "data_changes_only_under_its_condition")),
    ("operations that share a flush", Untried("more wait for the next, and nobody can tell")),
    ("operations that wait for the store", Untried("the writer takes them while they are put there")),
    (
        "refusals that wait for the audit log",
        In("host/src/store/embedded/tests/mod.rs", "a_flood_of_refusals_is_counted"),
    ),
    ("certificates in a page of a list", In("host/src/records/query.rs", "what_is_not_understood_is_never_left_out")),
    (
        "certificates in such a page",
        In("host/src/store/embedded/tests/lists.rs", "a_page_ends_early_when_its_certificates_are_large"),
    ),
    (
        "records looked at for such a page",
        In("host/src/store/embedded/tests/lists.rs", "a_page_looks_at_so_many_records_and_says_where_to_go_on"),
    ),
    ("such pages made at once", Untried(MOMENTARY)),
    (
        "recalls over the network carried out at once",
        In("host/src/records/access.rs", "however_many_read_an_operator_is_let_in"),
    ),
    (
        "refusal in the audit log",
        In("host/src/store/embedded/refusals.rs", "what_is_taken_is_small_whatever_was_asked_for"),
    ),
    (
        "inputs kept of a refusal",
        In("host/src/store/embedded/refusals.rs", "what_is_taken_is_small_whatever_was_asked_for"),
    ),
    ("inputs kept of a decision", In("host/src/replay/inputs.rs", "inputs_are_kept_up_to_the_limit_and_not_beyond")),
    (
        "keeping the inputs of decisions",
        In("tests/lifecycle/replay.rs", "what_is_old_is_forgotten_and_its_entry_is_not"),
    ),
    (
        "decisions whose inputs are kept",
        In("host/src/store/embedded/decisions.rs", "as_many_lines_are_remembered_as_the_limit_and_no_more"),
    ),
    ("until a refusal is in the audit log", Untried(TIMED)),
    ("until the end of the audit file is signed", Untried(TIMED)),
    (
        "space on the disk of the store, at least",
        In("host/src/readiness.rs", "a_disk_with_little_space_or_that_cannot_be_written_is_an_obstacle"),
    ),
    (
        "entry of a list of revoked certificates after their end",
        In("host/src/store/embedded/tests/revocations.rs", "nothing_revoked_is_lost_and_numbers_grow"),
    ),
    ("reason of a revocation", Tried(reason)),
    (
        "OCSP request",
        In("host/src/routes/tests/revocation.rs", "an_ocsp_request_is_read_up_to_the_limit_and_not_beyond"),
    ),
    (
        "certificates of an OCSP request",
        In("host/authority/tests/authority/ocsp.rs", "more_certificates_than_the_limit_are_refused"),
    ),
    ("OCSP answers kept", In("host/src/ocsp/mod.rs", "as_many_answers_are_kept_as_the_limit_and_one_more_begins_anew")),
    (
        "manifest of a policy module",
        In("host/src/policies/modules.rs", "a_manifest_is_read_up_to_the_limit_and_cut_there"),
    ),
    (
        "policy module",
        In("host/policy-runtime/src/tests/modules.rs", "a_file_may_be_as_large_as_the_limit_and_no_larger"),
    ),
    (
        "time of a processor for compiling a policy module",
        In(COMPILING, "what_has_had_its_part_of_the_processor_is_refused_however_little_time_has_gone_by"),
    ),
    (
        "waiting for a policy module to be compiled",
        In(COMPILING, "what_was_kept_from_the_processor_for_too_long_may_try_again"),
    ),
    ("fuel of a policy call", In(RUNTIME, "fuel_is_enough_to_the_unit")),
    ("wall clock of a policy call", In(RUNTIME, "time_stops_what_fuel_does_not")),
    ("memory of a policy call", In(CASES, HOSTILE)),
    ("stack of a policy call", In(CASES, HOSTILE)),
    ("table elements of a policy call", In(CASES, HOSTILE)),
    ("log text of a policy call", In(CASES, HOSTILE)),
    ("waiting for other servers and the store in a policy call", Untried(TIMED)),
    (
        "policy calls that may wait so",
        In("host/policy-runtime/src/tests/effects.rs", "those_that_wait_take_nobody_elses_place"),
    ),
    ("key in a policy's store", In("host/src/effects/tests.rs", "keys_and_values_have_sizes")),
    ("value in a policy's store", In("host/src/effects/tests.rs", "keys_and_values_have_sizes")),
    (
        "keys a policy has consumed, unless its grant says otherwise",
        In("host/src/effects/tests.rs", "as_much_is_consumed_as_the_default_and_one_more_is_not"),
    ),
    ("something stays consumed", In("host/src/effects/tests.rs", "nothing_is_consumed_for_ever")),
    (
        "URL that a policy asks for",
        In("host/src/effects/http/allowed.rs", "a_url_may_be_as_long_as_the_limit_and_no_longer"),
    ),
    (
        "header field that a policy is shown",
        In("host/src/effects/http/headers.rs", "a_field_is_shown_up_to_the_limit_and_left_out_beyond"),
    ),
    ("redirects of a policy's request", In(EFFECTS, "a_redirect_is_followed_inside_the_grants_and_no_further")),
    ("answers kept for a policy", In(CACHE, "as_many_answers_are_kept_as_the_limit_and_one_more_begins_anew")),
    ("answer kept for a policy", In(CACHE, "an_answer_is_kept_up_to_the_limit_and_not_beyond")),
    ("failure kept for a policy", Untried(TIMED)),
    (
        "answers of the DNS kept for a policy",
        In(DNS_CACHE, "as_many_answers_are_kept_as_the_limit_and_one_more_begins_anew"),
    ),
    ("answer of the DNS kept for a policy", In(DNS_CACHE, "an_answer_is_kept_up_to_the_limit_and_not_beyond")),
    (
        "certificates asked of a token and not on record",
        In("host/src/store/embedded/tests/intents.rs", "so_much_may_be_lost_at_the_signer_and_no_more"),
    ),
    (
        "policy modules kept for making decisions again",
        In(
            "host/src/store/embedded/tests/kept.rs",
            "modules_have_so_much_room_and_those_that_were_replaced_first_go_first",
        ),
    ),
    (
        "recalls of policy modules on record",
        In("host/src/store/embedded/tests/recalls.rs", "there_are_so_many_recalls_and_no_more"),
    ),
    (
        "certificates that a renewal is followed back over",
        In("host/src/store/embedded/tests/recalls.rs", "a_certificate_is_followed_back_so_far_and_no_further"),
    ),
    (
        "requests that wait for a list of revoked certificates",
        In("host/src/signing/tests.rs", "so_many_wait_for_the_first_list_and_the_others_do_not"),
    ),
    ("waiting for a list of revoked certificates", Untried(TIMED)),
    (
        "requests that wait for policies in shadow",
        In("host/src/shadow/mod.rs", "more_than_can_wait_are_skipped_and_nobody_waits_for_them"),
    ),
    (
        "requests that policies in shadow look at",
        In("host/src/shadow/mod.rs", "as_many_are_asked_at_once_as_the_limit_and_the_next_when_one_has_answered"),
    ),
    (
        "refusals of policies in shadow told apart",
        In("host/src/shadow/report.rs", "as_many_refusals_are_told_apart_as_the_limit_and_then_the_oldest_goes"),
    ),
    (
        "provisioners, policies and rules told apart by metrics",
        In("host/src/metrics/tests.rs", "no_module_and_no_reload_makes_more_series_than_there_is_room_for"),
    ),
    (
        "sessions with a token, unless its URI says otherwise",
        In("tests/faults/token.rs", "many_at_once_share_few_sessions"),
    ),
    ("waiting for a session with a token", Untried(TIMED)),
    ("waiting for a signature of a token", Untried(TIMED)),
    ("connections to the metrics", Untried(MOMENTARY)),
    ("connection to the metrics", Untried(TIMED)),
    ("answer of a policy call", In(RUNTIME, "an_answer_may_be_as_long_as_the_limit_and_no_longer")),
    (
        "host functions called by a policy call",
        In(RUNTIME, "a_policy_may_make_as_many_host_calls_as_the_limit_and_no_more"),
    ),
];

#[test]
fn every_limit_has_a_proof_and_every_proof_a_limit() {
    let limits: BTreeSet<&str> = TABLE.iter().map(|limit| limit.what).collect();
    let proofs: BTreeSet<&str> = PROOFS.iter().map(|(what, _)| *what).collect();
    assert_eq!(limits.len(), TABLE.len(), "a limit stands in the table once");
    assert_eq!(proofs.len(), PROOFS.len(), "a limit is proven once");
    let unproven: Vec<_> = limits.difference(&proofs).collect();
    let unknown: Vec<_> = proofs.difference(&limits).collect();
    assert!(unproven.is_empty() && unknown.is_empty(), "without a proof: {unproven:?}; without a limit: {unknown:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (what, proof) in PROOFS {
        if let In(file, test) = proof {
            let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{what}: {file}: {error}"));
            assert!(text.contains(&format!("fn {test}(")), "{what}: {file} has no test {test}");
        }
        if let Untried(why) = proof {
            println!("{what}: not tried to the unit: {why}");
        }
    }
}

#[test]
fn a_limit_is_taken_and_one_more_is_not() {
    let door = Door::shared();
    let mut tried = 0;
    for (what, proof) in PROOFS {
        let Tried(is_taken) = proof else { continue };
        let limit = TABLE.iter().find(|limit| limit.what == *what).unwrap();
        let most = match limit.most {
            Amount::Count(most) | Amount::Octets(most) => most,
            Amount::Time(most) => most.as_secs(),
        };
        for (amount, expected) in [(most - 1, true), (most, true), (most + 1, false)] {
            assert_eq!(is_taken(&door, amount), expected, "{what}: {amount}");
        }
        tried += 1;
    }
    println!("{tried} limits were tried at one less, at the limit, and at one more");
}

fn x(length: u64) -> String {
    "x".repeat(usize::try_from(length).unwrap())
}

fn is_granted(door: &Door, token: &Token) -> bool {
    door.knock_with(&token.sign()).is_issued()
}

fn token(door: &Door) -> Token {
    door.ca.token("web.example.com")
}

fn configuration_file(door: &Door, octets: u64) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(door.ca.step_path().ca_json()).unwrap();
    let path = folder.path().join("ca.json");
    let blanks = usize::try_from(octets).unwrap() - text.len();
    fs::write(&path, text + &" ".repeat(blanks)).unwrap();
    Config::load(&path).is_ok()
}

/// What no JSON is, but for its length.
fn body(door: &Door, octets: u64) -> bool {
    door.post("/sign", " ".repeat(usize::try_from(octets).unwrap())).0 != 413
}

fn target(door: &Door, octets: u64) -> bool {
    let path = format!("/health?{}", x(octets - 8));
    door.ca.client().get(&path).status == 200
}

/// Every one of them is used once.
fn jti(door: &Door, octets: u64) -> bool {
    is_granted(door, &token(door).claim("jti", x(octets)))
}

fn sub(door: &Door, octets: u64) -> bool {
    let csr = Csr::new("", &["web.example.com"]);
    // The common name of a request may be empty, and is then none.
    let token = door.ca.token("web.example.com").claim("sub", x(octets)).claim("sans", json!(["web.example.com"]));
    door.knock(&csr.pem, &token.sign()).is_issued()
}

fn audiences(door: &Door, count: u64) -> bool {
    let ours = door.ca.audience();
    let others = (1..count).map(|number| format!("https://other{number}.example/1.0/sign"));
    is_granted(door, &token(door).claim("aud", others.chain([ours]).collect::<Vec<_>>()))
}

fn iterations(_: &Door, count: u64) -> bool {
    jose::jwe::encrypt(b"", "text", b"password", u32::try_from(count).unwrap()).is_ok()
}

/// An end that is so long ago.
fn leeway(door: &Door, seconds: u64) -> bool {
    let now = door.ca.now().as_unix();
    let end = now - i64::try_from(seconds).unwrap();
    is_granted(door, &token(door).claim("iat", end - 300).claim("nbf", end - 300).claim("exp", end))
}

fn life(door: &Door, seconds: u64) -> bool {
    let now = door.ca.now().as_unix();
    is_granted(door, &token(door).claim("exp", now + i64::try_from(seconds).unwrap()))
}

/// Made so long before it begins, which is now.
fn delay(door: &Door, seconds: u64) -> bool {
    let now = door.ca.now().as_unix();
    is_granted(door, &token(door).claim("iat", now - i64::try_from(seconds).unwrap()).claim("nbf", now))
}

/// A request with blanks behind it, which belong to the text.
fn request(door: &Door, octets: u64) -> bool {
    let blanks = usize::try_from(octets).unwrap() - door.csr.pem.len();
    authority::CertificationRequest::from_pem(&format!("{}{}", door.csr.pem, " ".repeat(blanks))).is_ok()
}

fn requested_extensions(_: &Door, count: u64) -> bool {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.custom_extensions = (0..count)
        .map(|number| rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, number], vec![5, 0]))
        .collect();
    let request = parameters.serialize_request(&key).unwrap();
    authority::CertificationRequest::from_der(request.der()).is_ok()
}

fn names(door: &Door, count: u64) -> bool {
    let names: Vec<String> = (0..count).map(|number| format!("n{number}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let token = door.ca.token("many").sans(&names).sign();
    door.knock(&Csr::new("", &[]).pem, &token).is_issued()
}

fn common_name(door: &Door, characters: u64) -> bool {
    let name = x(characters);
    let subject = authority::keys::PrivateKey::generate(authority::keys::KeySpec::EcP256).unwrap();
    let names = SubjectAltNames::classify(&["web.example.com"]).unwrap();
    let Ok(request) = authority::pki::create_csr(&subject, &name, &names) else { return false };
    let token = door.ca.token(&name).claim("sans", json!(["web.example.com"])).sign();
    match door.knock(&request.pem(), &token) {
        crate::doors::Reply::Issued(pem) => {
            Certificate::from_pem(&pem).unwrap().subject().common_name() == Some(name.as_str())
        }
        crate::doors::Reply::Refused(_) => false,
    }
}

fn is_name(name: String) -> bool {
    SubjectAltNames::classify(&[name]).is_ok()
}

fn dns_name(_: &Door, octets: u64) -> bool {
    // Labels of 49 octets and a dot, and what is left.
    let labels = format!("{}.", x(49)).repeat(4);
    is_name(format!("{labels}{}", x(octets - 200)))
}

fn label(_: &Door, octets: u64) -> bool {
    is_name(format!("{}.example", x(octets)))
}

fn email_address(_: &Door, octets: u64) -> bool {
    let host = format!("{}.", x(49)).repeat(4);
    is_name(format!("m@{host}{}", x(octets - 202)))
}

fn uri(_: &Door, octets: u64) -> bool {
    is_name(format!("urn:{}", x(octets - 4)))
}

/// A certificate of its own is revoked each time.
fn reason(door: &Door, octets: u64) -> bool {
    let ca: &TestCa = &door.ca;
    let leaf = ca.issue("ended.example");
    let serial_number = leaf.certificate().serial_number().to_string();
    let body: Value = json!({"serial": serial_number, "reason": x(octets), "passive": true});
    ca.client_with(leaf.identity()).post("/revoke", &body).status == 200
}
