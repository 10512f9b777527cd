//! `step certificate inspect`

use clap::{Args, ValueEnum};

use super::source::{ServerFlags, Source};
use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
    inspect::{Document, json, short, text},
};

/// Show what a certificate or a certificate request says
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate inspect a.crt
  step certificate inspect a.crt --short
  step certificate inspect https://ca.example.com --format json --insecure")]
pub(crate) struct Inspect {
    /// File in PEM or DER, `-` for standard input, or https://host[:port]
    #[arg(value_name = "CERTIFICATE")]
    certificate: String,
    /// How to show it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Show the most important lines only
    #[arg(long)]
    short: bool,
    /// Show every certificate, not only the first
    #[arg(long)]
    bundle: bool,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum Format {
    /// As OpenSSL shows it
    Text,
    /// For programs
    Json,
}

impl Inspect {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        if self.short && self.format == Format::Json {
            return Err(CommandError::MutuallyExclusive { first: "short", second: "format" }.into());
        }
        let bytes = Source::of(&self.certificate)?.read(cx, &self.server)?;
        let documents = match self.bundle {
            true => Document::all(&bytes, &self.certificate)?,
            false => vec![Document::first(&bytes, &self.certificate)?],
        };
        let format = if cx.output.is_json() { Format::Json } else { self.format };
        let answer = match format {
            Format::Json => json::render(&documents, self.bundle)?,
            Format::Text if self.short => documents.iter().map(short::render).collect::<Result<_, _>>()?,
            Format::Text => documents.iter().map(text::render).collect::<Result<_, _>>()?,
        };
        cx.output.answer(answer)?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
        SanType, SerialNumber, date_time_ymd,
    };

    use crate::testing::{User, filtered, root_certificate};

    /// A leaf with everything upstream puts into one, and its request.
    fn leaf() -> (String, String) {
        let issuer_key = KeyPair::generate().expect("a key");
        let mut issuer = CertificateParams::default();
        issuer.distinguished_name.push(DnType::CommonName, "Example Intermediate CA");
        issuer.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        let issuer = Issuer::new(issuer, issuer_key);

        let key = KeyPair::generate().expect("a key");
        let mut leaf = CertificateParams::new(["b.example.com".to_owned(), "a.example.com".to_owned()]).expect("names");
        leaf.subject_alt_names.push(SanType::IpAddress("10.0.0.1".parse().expect("an address")));
        leaf.subject_alt_names.push(SanType::Rfc822Name("me@example.com".try_into().expect("ASCII")));
        leaf.subject_alt_names.push(SanType::URI("spiffe://example.com/x".try_into().expect("ASCII")));
        leaf.distinguished_name.push(DnType::CountryName, "DE");
        leaf.distinguished_name.push(DnType::OrganizationName, "Example & <Sons>");
        leaf.distinguished_name.push(DnType::CommonName, "a.example.com");
        leaf.serial_number = Some(SerialNumber::from(4_660_u64));
        leaf.not_before = date_time_ymd(2026, 8, 2);
        leaf.not_after = date_time_ymd(2026, 8, 3);
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        leaf.use_authority_key_identifier_extension = true;
        let mut request = CertificateParams::default();
        request.distinguished_name = leaf.distinguished_name.clone();
        request.subject_alt_names = leaf.subject_alt_names.clone();
        let request = request.serialize_request(&key).expect("signed").pem().expect("PEM");
        let provisioner = [b"\x30\x17\x02\x01\x01\x04\x0eme@example.com\x04\x02k1".as_slice()].concat();
        leaf.custom_extensions = vec![
            CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 37476, 9000, 64, 1], provisioner),
            CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]),
        ];
        (leaf.signed_by(&key, &issuer).expect("signed").pem(), request)
    }

    #[test]
    fn the_text_of_a_leaf_has_upstreams_shape() {
        let user = User::new();
        user.write("leaf.crt", leaf().0);
        let text = user.step("certificate inspect {}/leaf.crt").answer();
        assert_eq!(filtered(&text), include_str!("snapshots/leaf.txt"));
    }

    #[test]
    fn the_json_of_a_leaf_has_upstreams_members() {
        let user = User::new();
        user.write("leaf.crt", leaf().0);
        let json = user.step("certificate inspect {}/leaf.crt --format json").answer();
        assert_eq!(filtered(&json), include_str!("snapshots/leaf.json"));
    }

    #[test]
    fn a_few_lines_say_what_matters() {
        let user = User::new();
        user.write("leaf.crt", leaf().0);
        let text = user.step("certificate inspect {}/leaf.crt --short").answer();
        let expected = "X.509v3 TLS Certificate (ECDSA P-256) [Serial: 4660]\n\
                       \x20 Subject:     b.example.com\n\
                       \x20              a.example.com\n\
                       \x20              10.0.0.1\n\
                       \x20              me@example.com\n\
                       \x20              spiffe://example.com/x\n\
                       \x20 Issuer:      Example Intermediate CA\n\
                       \x20 Provisioner: me@example.com [ID: k1]\n\
                       \x20 Valid from:  2026-08-02T00:00:00Z\n\
                       \x20         to:  2026-08-03T00:00:00Z\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_request_is_shown_as_well() {
        let user = User::new();
        user.write("leaf.csr", leaf().1);
        let text = user.step("certificate inspect {}/leaf.csr").answer();
        assert_eq!(filtered(&text), include_str!("snapshots/request.txt"));
        let json = user.step("certificate inspect {}/leaf.csr --format json").answer();
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["subject"]["common_name"][0], "a.example.com");
        assert_eq!(json["signature"]["valid"], true);
    }

    #[test]
    fn a_root_vouches_for_itself_and_says_so() {
        let user = User::new();
        user.write("root.crt", root_certificate());
        let json = user.step("certificate inspect {}/root.crt --format json").answer();
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["signature"]["self_signed"], true);
        assert_eq!(json["extensions"]["basic_constraints"], serde_json::json!({"is_ca": true, "max_path_len": 1}));
        assert_eq!(json["extensions"]["key_usage"]["value"], 0b110_0000);
        let fingerprint = user.step("certificate fingerprint {}/root.crt").answer();
        assert_eq!(json["fingerprint_sha256"], fingerprint.trim_end());
    }

    #[test]
    fn keys_of_every_kind_are_shown() {
        use authority::{
            Timestamp,
            keys::{KeySpec, PrivateKey},
            pki,
        };

        let cases = [
            (KeySpec::EcP384, "Public-Key: (384 bit)", "Curve: P-384"),
            (KeySpec::EcP521, "Public-Key: (521 bit)", "Curve: P-521"),
            (KeySpec::Ed25519, "Public-Key: (32 bit)", "Public Key Algorithm: Ed25519"),
            (KeySpec::Rsa { bits: 2048 }, "Public-Key: (2048 bit)", "Exponent: 65537 (0x10001)"),
        ];
        for (spec, size, detail) in cases {
            let key = PrivateKey::generate(spec).expect("a key");
            let user = User::new();
            let root = pki::create_root("Test", &key, Timestamp::from_unix(1_700_000_000)).expect("a root");
            user.write("root.crt", root.pem());
            let text = user.step("certificate inspect {}/root.crt").answer();
            assert!(text.contains(size) && text.contains(detail), "{text}");
            assert!(user.step("certificate inspect {}/root.crt --format json").answer().contains("\"key_algorithm\""));
        }
    }

    #[test]
    fn der_and_standard_input_are_read_too() {
        let pem = root_certificate();
        let der = authority::Certificate::from_pem(&pem).expect("a certificate").der().to_vec();
        let user = User::new();
        user.write("root.crt", &pem);
        let text = user.step("certificate inspect {}/root.crt").answer();
        let user = user.with_input(der);
        assert_eq!(user.step("certificate inspect -").answer(), text);
    }

    #[test]
    fn a_bundle_is_shown_whole_only_when_asked_for() {
        let user = User::new();
        user.write("bundle.crt", format!("{}{}", root_certificate(), root_certificate()));
        let count = |line: &str| user.step(line).answer().matches("Certificate:\n").count();
        assert_eq!(count("certificate inspect {}/bundle.crt"), 1);
        assert_eq!(count("certificate inspect {}/bundle.crt --bundle"), 2);
        let json = user.step("certificate inspect {}/bundle.crt --bundle --format json").answer();
        assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&json).expect("a list").len(), 2);
    }

    #[test]
    fn anything_else_is_named() {
        let user = User::new();
        let file = user.write("key.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        let error = user.step("certificate inspect {}/key.pem").error();
        assert_eq!(error, "Invalid PEM type in {}/key.pem. Expected [CERTIFICATE|CSR] but got PUBLIC KEY)\n");
        user.write("key.pem", "hello");
        let error = user.step("certificate inspect {}/key.pem").error();
        assert_eq!(error, "error parsing {}/key.pem: it holds neither a certificate nor a certificate request\n");
        let error = user.step(&format!("certificate inspect {file} --format xml")).error();
        assert_eq!(error, "invalid value 'xml' for flag '--format'; options are text, json\n");
    }
}
