//! `authority`: provisioners, claims, and what every certificate has in common.

use std::time::Duration;

use authority::ObjectIdentifier;

use super::{
    claims::{self, Claims},
    error::Problems,
    policies::{Names, PolicyName},
    policy_limits,
    problem::Problem,
    provenance,
    provisioners::{self, ProvisionerConfig},
    reader::{Field, Object},
};

/// The `authority` object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthorityConfig {
    /// At least one, in the order of the file.
    pub provisioners: Vec<ProvisionerConfig>,
    /// Checks every draft must pass, after `builtin:claims` and before those of its provisioner.
    pub checks: Vec<PolicyName>,
    /// Subject attributes for requests that leave them out.
    pub template: SubjectTemplate,
    /// In force where a provisioner says nothing; the CA's own defaults are filled in.
    pub claims: Claims,
    /// Whether tokens older than the start of the CA are taken even after its store was set back.
    pub disable_issued_at_check: bool,
    /// How long before the request a certificate begins to be valid, for clients with slow clocks; 1 min by default.
    pub backdate: Duration,
    /// Under which object identifier certificates say which decision they came of and which modules made it; they say
    /// nothing without it.
    pub provenance: Option<ObjectIdentifier>,
}

impl AuthorityConfig {
    /// For how long after its end a certificate may be renewed, whoever its provisioner is.
    pub fn longest_renewal_grace(&self) -> Duration {
        let of_own = self.provisioners.iter().filter_map(|provisioner| provisioner.claims.clone());
        let graces = of_own.map(|claims| claims.or(&self.claims).renewal_grace());
        graces.fold(self.claims.renewal_grace(), Duration::max)
    }
}

/// Subject attributes that stand in for missing ones (RFC 5280 §4.1.2.6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the attributes")]
pub struct SubjectTemplate {
    pub country: Option<String>,
    pub organization: Option<String>,
    pub organizational_unit: Option<String>,
    pub locality: Option<String>,
    pub province: Option<String>,
    pub street_address: Option<String>,
}

/// Reads the `authority` object.
pub(super) fn read(field: &Field<'_>, names: &mut Names<'_>, problems: &mut Problems) -> Option<AuthorityConfig> {
    let mut object = field.object(problems)?;
    let provisioners_field = object.take("provisioners");
    if provisioners_field.is_none() {
        object.refuse::<()>("provisioners", provisioners::EMPTY, problems);
    }
    let built_in = Claims::built_in();
    let mut check_disabled_in_claims = false;
    let claims = match object.take("claims") {
        Some(field) => {
            // The manual of 2019 puts this member among the claims; the code of 2019 does not.
            claims::read(&field, &built_in, problems, |object, problems| {
                check_disabled_in_claims = flag(object, "disableIssuedAtCheck", problems);
            })
        }
        None => Some(Claims::default()),
    };
    let claims = claims.map(|claims| claims.or(&built_in));
    let provisioners = provisioners_field
        .and_then(|field| provisioners::read(&field, claims.as_ref().unwrap_or(&built_in), names, problems));
    let checks = object.take("policies").map_or(Some(Vec::new()), |field| names.checks(&field, problems));
    let template = match object.take("template") {
        Some(field) => template(&field, problems),
        None => Some(SubjectTemplate::default()),
    };
    let check_disabled = flag(&mut object, "disableIssuedAtCheck", problems);
    let backdate = match object.take("backdate") {
        Some(field) => policy_limits::time(&field, Duration::ZERO, LONGEST_BACKDATE, problems),
        None => Some(Duration::from_secs(60)),
    };
    let provenance = match object.take("provenance") {
        Some(field) => {
            let most = most_modules(checks.as_deref().unwrap_or_default(), provisioners.as_deref().unwrap_or_default());
            provenance::read(&field, most, problems).map(Some)
        }
        None => Some(None),
    };
    members_of_upstream(&mut object, problems);
    object.finish(problems);
    Some(AuthorityConfig {
        provisioners: provisioners?,
        checks: checks?,
        template: template?,
        claims: claims?,
        disable_issued_at_check: check_disabled || check_disabled_in_claims,
        backdate: backdate?,
        provenance: provenance?,
    })
}

/// How many modules may have a say about one certificate: that of its provisioner, `builtin:claims`, and each check once.
fn most_modules(checks: &[PolicyName], provisioners: &[ProvisionerConfig]) -> usize {
    let own =
        |provisioner: &ProvisionerConfig| provisioner.checks.iter().filter(|check| !checks.contains(check)).count();
    2 + checks.len() + provisioners.iter().map(own).max().unwrap_or_default()
}

// More would be a certificate from another day.
const LONGEST_BACKDATE: Duration = Duration::from_secs(24 * 60 * 60);

fn flag(object: &mut Object<'_>, name: &'static str, problems: &mut Problems) -> bool {
    object.take(name).is_some_and(|field| field.bool(problems) == Some(true))
}

fn template(field: &Field<'_>, problems: &mut Problems) -> Option<SubjectTemplate> {
    let mut object = field.object(problems)?;
    let mut text = |name| {
        let field = object.take(name)?;
        let text = field.string(problems)?;
        if text.chars().any(char::is_control) {
            return field.refuse(Problem::ControlCharacter, problems);
        }
        (!text.is_empty()).then(|| text.to_owned())
    };
    let template = SubjectTemplate {
        country: text("country"),
        organization: text("organization"),
        organizational_unit: text("organizationalUnit"),
        locality: text("locality"),
        province: text("province"),
        street_address: text("streetAddress"),
    };
    object.no_effect("commonName", "the common name is the client's", problems);
    object.no_effect("serialNumber", "subjects get no serial number", problems);
    object.finish(problems);
    Some(template)
}

/// Members that versions of upstream write.
fn members_of_upstream(object: &mut Object<'_>, problems: &mut Problems) {
    const ELSEWHERE: &str = "certificates are signed with `key`, by this program";
    for (name, why) in [
        ("policy", "name policies of upstream are NOT enforced; policies/gallery/allowed-names takes them as settings"),
        ("enableAdmin", "provisioners live in this file"),
        ("type", ELSEWHERE),
        ("certificateAuthority", ELSEWHERE),
        ("certificateAuthorityFingerprint", ELSEWHERE),
        ("certificateIssuer", ELSEWHERE),
        ("credentialsFile", ELSEWHERE),
        ("project", ELSEWHERE),
        ("location", ELSEWHERE),
        ("caPool", ELSEWHERE),
        ("caPoolTier", ELSEWHERE),
        ("gcsBucket", ELSEWHERE),
        ("config", ELSEWHERE),
        ("authorityId", "this authority has no identifier elsewhere"),
        ("deploymentType", "this program is its own deployment"),
        ("disableGetSSHHosts", "no SSH certificates are issued"),
    ] {
        object.no_effect(name, why, problems);
    }
}
