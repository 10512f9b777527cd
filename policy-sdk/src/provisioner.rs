//! Policies that authenticate clients.

pub use crate::bindings::provisioner_module::exports::step::policy::provisioner::{
    Audiences, CommonNameRule, CredentialUse, Descriptor, Environment, RenewRequest, ReplayMode, RevokeRequest,
    RoutingKey, SanRule, SignGrant, SignRequest, ValidityBounds,
};
use crate::types::{ConfigError, Denial, Identity};

/// Verifies a credential and says what the client may be given. [`provisioner!`](crate::provisioner!) exports it.
///
/// The host enforces the answer and its own rules after it: a policy can only narrow what the CA would sign.
pub trait Provisioner: Send + Sized + Sync + 'static {
    /// Parses the configuration, and says by what the host recognises this provisioner's credentials.
    ///
    /// Called once per instance, so for most requests: parse here, compute elsewhere. Report all problems at once.
    fn init(environment: Environment) -> Result<(Self, Descriptor), Vec<ConfigError>>;

    /// Verifies the credential of a request for a first certificate.
    fn authorize_sign(&self, request: &SignRequest) -> Result<SignGrant, Denial>;

    /// Says whether a certificate of this provisioner may be renewed or rekeyed. Unless overridden, it may.
    fn authorize_renew(&self, request: &RenewRequest) -> Result<Identity, Denial> {
        Ok(Identity::of_certificate(&request.certificate))
    }

    /// Verifies the credential of a request to revoke a certificate. Unless overridden, the operation is not offered.
    fn authorize_revoke(&self, request: &RevokeRequest) -> Result<Identity, Denial> {
        let _ = request;
        Err(Denial::not_implemented("provisioner.revoke", "this provisioner does not revoke certificates"))
    }
}

impl Identity {
    /// The client as its certificate describes it: by common name, else the first name of any kind. What identifies
    /// the credential is the serial number.
    pub fn of_certificate(certificate: &crate::types::CertificateInfo) -> Self {
        let names = &certificate.subject_alt_names;
        let mut names =
            [&names.dns_names, &names.ip_addresses, &names.email_addresses, &names.uris].into_iter().flatten();
        let subject = match certificate.subject.common_name.as_str() {
            "" => names.next().cloned().unwrap_or_default(),
            common_name => common_name.to_owned(),
        };
        Self { subject, credential_id: certificate.serial_number.clone(), attributes: vec![] }
    }
}

impl SignGrant {
    /// Lets the client have a certificate for exactly these names, the first of which may be its common name.
    pub fn exactly(identity: Identity, names: crate::types::SubjectAltNames) -> Self {
        let common_names = names.iter().map(str::to_owned).collect();
        Self {
            identity,
            csr_sha256: None,
            common_name: CommonNameRule::OneOf(common_names),
            subject_alt_names: SanRule::Exact(names),
            validity: ValidityBounds::default(),
            single_use: None,
            extension_pairs: vec![],
        }
    }

    /// Names the credential for its single use; the host may forget it from `expires` on.
    pub fn spending(mut self, id: impl Into<String>, expires: crate::types::Timestamp) -> Self {
        self.single_use = Some(CredentialUse { id: id.into(), expires });
        self
    }

    /// Lets the certificate end no later than this.
    pub fn until(mut self, not_after: crate::types::Timestamp) -> Self {
        self.validity.not_after = Some(not_after);
        self
    }
}

impl Default for ValidityBounds {
    /// Nothing on top of the claims.
    fn default() -> Self {
        Self { default_duration: None, not_before: None, not_after: None }
    }
}

/// Exports a [`Provisioner`](crate::Provisioner) from a WebAssembly module; does nothing in a native build.
///
/// `settings` and `rules` may follow as in [`check!`](crate::check!).
#[macro_export]
macro_rules! provisioner {
    ($policy:ty $(, settings: $settings:ty)? $(, rules: [$($rule:expr),* $(,)?])? $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        $crate::__sections!($(settings: $settings)?; $(rules: [$($rule),*])?);

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::{bindings::provisioner_module, provisioner as contract, types};

            struct Exports;

            static POLICY: ::std::sync::OnceLock<$policy> = ::std::sync::OnceLock::new();

            fn policy() -> &'static $policy {
                POLICY.get().expect("the host calls init first")
            }

            impl provisioner_module::exports::step::policy::provisioner::Guest for Exports {
                fn init(environment: contract::Environment) -> Result<contract::Descriptor, Vec<types::ConfigError>> {
                    $crate::log::report_panics();
                    let (policy, descriptor) = <$policy as $crate::Provisioner>::init(environment)?;
                    assert!(POLICY.set(policy).is_ok(), "the host calls init once");
                    Ok(descriptor)
                }

                fn authorize_sign(request: contract::SignRequest) -> Result<contract::SignGrant, types::Denial> {
                    $crate::Provisioner::authorize_sign(policy(), &request)
                }

                fn authorize_renew(request: contract::RenewRequest) -> Result<types::Identity, types::Denial> {
                    $crate::Provisioner::authorize_renew(policy(), &request)
                }

                fn authorize_revoke(request: contract::RevokeRequest) -> Result<types::Identity, types::Denial> {
                    $crate::Provisioner::authorize_revoke(policy(), &request)
                }
            }

    provisioner_module::__export_provisioner!(Exports with_types_in provisioner_module);
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    struct OnlySigns;

    impl Provisioner for OnlySigns {
        fn init(_: Environment) -> Result<(Self, Descriptor), Vec<ConfigError>> {
            Ok((Self, Descriptor { routing_keys: vec![], credential_id: None, replay: ReplayMode::Jwt }))
        }

        fn authorize_sign(&self, _: &SignRequest) -> Result<SignGrant, Denial> {
            Err(Denial::unauthorized("only-signs.nobody", "nobody may"))
        }
    }

    #[test]
    fn a_renewal_is_allowed_unless_the_policy_says_otherwise() {
        let identity = OnlySigns.authorize_renew(&testing::renew_request(&["db.example.com"])).unwrap();
        assert_eq!(identity.subject, "db.example.com");
    }

    #[test]
    fn a_revocation_is_not_offered_unless_the_policy_offers_it() {
        let denial = OnlySigns.authorize_revoke(&testing::revoke_request("token", "77")).unwrap_err();
        assert_eq!(denial.kind, crate::types::DenialKind::NotImplemented);
    }

    #[test]
    fn a_certificate_without_common_name_is_known_by_its_first_name() {
        let mut certificate = testing::renew_request(&["db.example.com"]).certificate;
        certificate.subject.common_name.clear();
        assert_eq!(Identity::of_certificate(&certificate).subject, "db.example.com");
    }
}
