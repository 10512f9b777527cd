//! How large an answer is.

use crate::contract::check::{self, Edit};
use crate::contract::provisioner::{
    self, CommonNameRule, CredentialUse, RoutingKey, SanRule, SignGrant, ValidityBounds,
};
use crate::contract::types::{
    ConfigError, Denial, DenialKind, Extension, Identity, KeyUsage, Reason, SubjectAltNames, Validity,
};

/// Octets of a value that came out of a guest: its text by length, and [`Octets::ITEM`] for every item of a list, so that
/// many items of nothing are not free.
pub(crate) trait Octets {
    /// What a place in a list counts, besides what is in it.
    const ITEM: usize = 32;

    fn octets(&self) -> usize;
}

impl Octets for u8 {
    const ITEM: usize = 1;

    fn octets(&self) -> usize {
        0
    }
}

impl Octets for String {
    fn octets(&self) -> usize {
        self.len()
    }
}

impl<T: Octets> Octets for Vec<T> {
    fn octets(&self) -> usize {
        self.iter().map(T::octets).fold(self.len().saturating_mul(T::ITEM), usize::saturating_add)
    }
}

impl<T: Octets> Octets for Option<T> {
    fn octets(&self) -> usize {
        self.as_ref().map_or(0, T::octets)
    }
}

impl<T: Octets, E: Octets> Octets for Result<T, E> {
    fn octets(&self) -> usize {
        match self {
            Ok(value) => value.octets(),
            Err(error) => error.octets(),
        }
    }
}

impl<A: Octets, B: Octets> Octets for (A, B) {
    fn octets(&self) -> usize {
        self.0.octets().saturating_add(self.1.octets())
    }
}

/// Values of one size, paid for by the item they are in.
macro_rules! fixed {
    ($($type:ty),+ $(,)?) => {
        $(impl Octets for $type {
            fn octets(&self) -> usize {
                0
            }
        })+
    };
}

/// Records are the sum of their members; a member left out does not compile.
macro_rules! record {
    ($($type:ident { $($member:ident),+ $(,)? })+) => {
        $(impl Octets for $type {
            fn octets(&self) -> usize {
                let Self { $($member),+ } = self;
                0_usize $(.saturating_add($member.octets()))+
            }
        })+
    };
}

fixed!(bool, i64, DenialKind, KeyUsage, provisioner::ReplayMode, check::Operations, check::Inputs);

type CheckDescriptor = check::Descriptor;
type ProvisionerDescriptor = provisioner::Descriptor;

record! {
    CheckDescriptor { operations, inputs }
    ConfigError { path, message }
    CredentialUse { id, expires }
    Denial { kind, message, reasons, public_message, details }
    Extension { oid, critical, value }
    Identity { subject, credential_id, attributes }
    ProvisionerDescriptor { routing_keys, credential_id, replay }
    Reason { rule, message, field, got, want, hint }
    SignGrant { identity, csr_sha256, common_name, subject_alt_names, validity, single_use, extension_pairs }
    SubjectAltNames { dns_names, ip_addresses, email_addresses, uris }
    Validity { not_before, not_after }
    ValidityBounds { default_duration, not_before, not_after }
}

impl Octets for CommonNameRule {
    fn octets(&self) -> usize {
        match self {
            Self::OneOf(names) => names.octets(),
            Self::Unrestricted => 0,
        }
    }
}

impl Octets for SanRule {
    fn octets(&self) -> usize {
        match self {
            Self::Exact(names) | Self::Subset(names) => names.octets(),
            Self::Unrestricted => 0,
        }
    }
}

impl Octets for RoutingKey {
    fn octets(&self) -> usize {
        match self {
            Self::IssuerAndKey(pair) => pair.octets(),
            Self::Audience(text) | Self::Issuer(text) | Self::Prefix(text) => text.octets(),
        }
    }
}

impl Octets for Edit {
    fn octets(&self) -> usize {
        match self {
            Self::SetValidity(validity) => validity.octets(),
            Self::RemoveSubjectAltName(name) => name.octets(),
            Self::RestrictKeyUsage(usage) => usage.octets(),
            Self::RestrictExtKeyUsage(usages) => usages.octets(),
            Self::AddExtension(extension) => extension.octets(),
            Self::Annotate(pair) => pair.octets(),
        }
    }
}
