//! The targets: a reader each, and what must hold of whatever it accepts.

mod audit;
mod configuration;
mod http;
mod jose;
mod names;
mod policy;
mod store;
mod values;
mod x509;

/// A reader, with what is asserted of it.
pub(crate) type Target = fn(&[u8]);

/// Every target, by the name of its folder in the corpus.
pub(crate) const ALL: &[(&str, Target)] = &[
    ("jws", jose::jws),
    ("claims", jose::claims),
    ("jwk", jose::jwk),
    ("jwk_set", jose::jwk_set),
    ("jwe", jose::jwe),
    ("pem", x509::pem),
    ("private_key", x509::private_key),
    ("certificate", x509::certificate),
    ("request", x509::request),
    ("revocation_list", x509::revocation_list),
    ("ocsp_request", x509::ocsp_request),
    ("names", names::names),
    ("general_names", names::general_names),
    ("times", values::times),
    ("bodies", values::bodies),
    ("ca_json", configuration::ca_json),
    ("audit_line", audit::line),
    ("audit_file", audit::file),
    ("store_file", store::file),
    ("policy_answer", policy::answer),
    ("host_call", policy::host_call),
    ("module", policy::module),
    ("router", http::router),
    ("server_arguments", configuration::server_arguments),
    ("step_arguments", configuration::step_arguments),
    ("manifest", configuration::manifest),
];

/// The octets as text, or nothing: most readers begin with text.
fn text(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets).ok()
}
