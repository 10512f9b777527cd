//! An authority to test with: made at run time, its clock held still.

use std::time::Duration;

use step_authority::keys::{KeySpec, PrivateKey};
use step_authority::{
    Authority, Certificate, CertificationRequest, CommonNameRule, Draft, Edit, Grant, Issuer, NameRule, Profile,
    ProvisionerExtension, SerialNumber, Signed, SubjectAltNames, Timestamp, Validity, pki,
};

/// 2026-09-21T14:13:20Z.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_790_000_000);
pub(crate) const DAY: i64 = 24 * 3600;

/// `seconds` after now.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW.as_unix() + seconds)
}

pub(crate) fn names(names: &[&str]) -> SubjectAltNames {
    SubjectAltNames::classify(names).unwrap()
}

pub(crate) fn key(spec: KeySpec) -> PrivateKey {
    PrivateKey::generate(spec).unwrap()
}

pub(crate) struct TestCa {
    pub(crate) root: Certificate,
    pub(crate) root_key: PrivateKey,
    /// The issuer's key, for a stranger to issue with.
    pub(crate) issuer_key_pem: String,
    pub(crate) authority: Authority,
}

impl TestCa {
    pub(crate) fn new() -> Self {
        Self::with(KeySpec::EcP256, Profile::default())
    }

    pub(crate) fn with(issuer_key: KeySpec, profile: Profile) -> Self {
        let root_key = key(KeySpec::EcP256);
        let issuer_key = key(issuer_key);
        let root = pki::create_root("Test", &root_key, NOW).unwrap();
        let intermediate = pki::create_intermediate("Test", &issuer_key, &root, &root_key, NOW).unwrap();
        let issuer_key_pem = issuer_key.to_pem().unwrap().to_string();
        let issuer = Issuer::new(vec![intermediate], Box::new(issuer_key)).unwrap();
        Self { root, root_key, issuer_key_pem, authority: Authority::new(issuer, profile) }
    }

    pub(crate) fn draft(&self, request: &CertificationRequest, grant: Grant) -> Draft {
        self.authority.draft(request, grant, NOW).unwrap()
    }

    /// A draft for one name, with nothing set.
    pub(crate) fn draft_for(&self, name: &str) -> Draft {
        self.draft(&request(name, &[name]), grant(name, &[name]))
    }

    pub(crate) fn sign(&self, mut draft: Draft) -> Signed {
        if draft.validity().is_none() {
            draft.apply(Edit::SetValidity(one_day())).unwrap();
        }
        self.authority.sign(draft.approve(NOW).unwrap(), serial()).unwrap()
    }

    /// A certificate for one name, good for a day.
    pub(crate) fn issue(&self, name: &str) -> Certificate {
        self.sign(self.draft_for(name)).certificate().clone()
    }
}

pub(crate) fn serial() -> SerialNumber {
    pki::random_serial_number().unwrap()
}

pub(crate) fn one_day() -> Validity {
    Validity { not_before: at(-60), not_after: at(DAY) }
}

pub(crate) fn validity(not_before: i64, not_after: i64) -> Validity {
    Validity { not_before: at(not_before), not_after: at(not_after) }
}

pub(crate) fn request(common_name: &str, requested: &[&str]) -> CertificationRequest {
    pki::create_csr(&key(KeySpec::EcP256), common_name, &names(requested)).unwrap()
}

/// A grant as the JWK provisioner gives it for a token with `sans`.
pub(crate) fn grant(subject: &str, granted: &[&str]) -> Grant {
    let mut common_names = vec![subject.to_owned()];
    common_names.extend(granted.iter().map(ToString::to_string));
    Grant {
        subject: subject.to_owned(),
        csr_sha256: None,
        common_name: CommonNameRule::OneOf(common_names),
        subject_alt_names: NameRule::Exact(names(granted)),
        not_before: None,
        not_after: None,
        provisioner: Some(provisioner()),
    }
}

pub(crate) fn provisioner() -> ProvisionerExtension {
    ProvisionerExtension { kind: 1, name: "ops@example.com".into(), credential_id: b"kid".to_vec(), pairs: vec![] }
}

pub(crate) fn seconds(duration: Option<Duration>) -> i64 {
    duration.map_or(-1, |duration| duration.as_secs() as i64)
}
