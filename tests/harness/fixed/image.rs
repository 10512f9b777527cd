//! Values in the memory of a guest, as the canonical ABI of the component model lays them out.

use policy_runtime::contract::{
    check::{self, Edit},
    provisioner::{self, CommonNameRule, CredentialUse, ReplayMode, RoutingKey, SanRule, SignGrant, ValidityBounds},
    types::{ConfigError, Denial, DenialKind, Extension, Identity, KeyUsage, Reason, SubjectAltNames, Validity},
};

/// The part of a guest's memory that holds answers.
pub(super) struct Image(Vec<u8>);

impl Image {
    /// Where it begins.
    pub(super) const BASE: u32 = 1_024;

    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn end(&self) -> u32 {
        Self::BASE + u32::try_from(self.0.len()).expect("images are small")
    }

    /// Writes a value and tells where it lies.
    pub(super) fn place<T: Lower>(&mut self, value: &T) -> u32 {
        let octets = lowered(value, self);
        self.push(&octets, T::ALIGN)
    }

    fn push(&mut self, octets: &[u8], align: usize) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(align), 0);
        let place = self.end();
        self.0.extend(octets);
        place
    }
}

/// A value with a place in memory; what it refers to goes into the image.
pub(super) trait Lower {
    const SIZE: usize;
    const ALIGN: usize;

    fn lower(&self, record: &mut Record<'_>);
}

fn lowered<T: Lower>(value: &T, image: &mut Image) -> Vec<u8> {
    let mut record = Record { octets: Vec::new(), image };
    value.lower(&mut record);
    record.pad(T::SIZE)
}

/// A record in the making: each member at the next place that its alignment allows.
pub(super) struct Record<'i> {
    octets: Vec<u8>,
    image: &'i mut Image,
}

impl Record<'_> {
    fn member<T: Lower>(&mut self, value: &T) -> &mut Self {
        let octets = lowered(value, self.image);
        self.align(T::ALIGN).octets.extend(octets);
        self
    }

    /// The case of a variant; its payload comes where the largest alignment of all payloads allows.
    fn case(&mut self, number: u8, payload_align: usize) -> &mut Self {
        self.octets.push(number);
        self.align(payload_align)
    }

    fn align(&mut self, align: usize) -> &mut Self {
        self.octets.resize(self.octets.len().next_multiple_of(align), 0);
        self
    }

    fn pad(self, size: usize) -> Vec<u8> {
        let mut octets = self.octets;
        assert!(octets.len() <= size, "{} octets in a place for {size}", octets.len());
        octets.resize(size, 0);
        octets
    }
}

macro_rules! integer {
    ($($type:ty),+) => {
        $(impl Lower for $type {
            const SIZE: usize = size_of::<$type>();
            const ALIGN: usize = size_of::<$type>();

            fn lower(&self, record: &mut Record<'_>) {
                record.octets.extend(self.to_le_bytes());
            }
        })+
    };
}

integer!(u8, u16, u32, i64);

impl Lower for bool {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;

    fn lower(&self, record: &mut Record<'_>) {
        record.octets.push(u8::from(*self));
    }
}

impl Lower for String {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    fn lower(&self, record: &mut Record<'_>) {
        let place = record.image.push(self.as_bytes(), 1);
        record.member(&place).member(&u32::try_from(self.len()).expect("texts are short"));
    }
}

impl<T: Lower> Lower for Vec<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 4;

    fn lower(&self, record: &mut Record<'_>) {
        let items: Vec<u8> = self.iter().flat_map(|item| lowered(item, record.image)).collect();
        let place = record.image.push(&items, T::ALIGN);
        record.member(&place).member(&u32::try_from(self.len()).expect("lists are short"));
    }
}

impl<T: Lower> Lower for Option<T> {
    const SIZE: usize = (T::ALIGN + T::SIZE).next_multiple_of(T::ALIGN);
    const ALIGN: usize = T::ALIGN;

    fn lower(&self, record: &mut Record<'_>) {
        record.case(u8::from(self.is_some()), T::ALIGN);
        if let Some(value) = self {
            record.member(value);
        }
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const SIZE: usize = (Self::ALIGN + max(T::SIZE, E::SIZE)).next_multiple_of(Self::ALIGN);
    const ALIGN: usize = max(T::ALIGN, E::ALIGN);

    fn lower(&self, record: &mut Record<'_>) {
        record.case(u8::from(self.is_err()), Self::ALIGN);
        match self {
            Ok(value) => record.member(value),
            Err(error) => record.member(error),
        };
    }
}

const fn max(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

impl Lower for (String, String) {
    const SIZE: usize = 16;
    const ALIGN: usize = 4;

    fn lower(&self, record: &mut Record<'_>) {
        record.member(&self.0).member(&self.1);
    }
}

/// A record, with its size and alignment, and its members in the order of the contract.
macro_rules! record {
    ($($type:ty: $size:literal / $align:literal { $($member:ident),+ $(,)? })+) => {
        $(impl Lower for $type {
            const SIZE: usize = $size;
            const ALIGN: usize = $align;

            fn lower(&self, record: &mut Record<'_>) {
                record$(.member(&self.$member))+;
            }
        })+
    };
}

record! {
    ConfigError: 20 / 4 { path, message }
    CredentialUse: 16 / 8 { id, expires }
    Denial: 40 / 4 { kind, message, reasons, public_message, details }
    Extension: 20 / 4 { oid, critical, value }
    Identity: 24 / 4 { subject, credential_id, attributes }
    Reason: 64 / 4 { rule, message, field, got, want, hint }
    SignGrant: 168 / 8 {
        identity, csr_sha256, common_name, subject_alt_names, validity, single_use, extension_pairs,
    }
    SubjectAltNames: 32 / 4 { dns_names, ip_addresses, email_addresses, uris }
    Validity: 16 / 8 { not_before, not_after }
    ValidityBounds: 48 / 8 { default_duration, not_before, not_after }
    check::Descriptor: 2 / 1 { operations, inputs }
    provisioner::Descriptor: 24 / 4 { routing_keys, credential_id, replay }
}

/// A set of flags, which fits into an octet or two.
macro_rules! flags {
    ($($type:ty as $integer:ty { $($flag:ident = $bit:literal),+ $(,)? })+) => {
        $(impl Lower for $type {
            const SIZE: usize = <$integer>::SIZE;
            const ALIGN: usize = <$integer>::ALIGN;

            fn lower(&self, record: &mut Record<'_>) {
                let bits: $integer = 0 $(| if self.contains(<$type>::$flag) { 1 << $bit } else { 0 })+;
                bits.lower(record);
            }
        })+
    };
}

flags! {
    KeyUsage as u16 {
        DIGITAL_SIGNATURE = 0, CONTENT_COMMITMENT = 1, KEY_ENCIPHERMENT = 2, DATA_ENCIPHERMENT = 3, KEY_AGREEMENT = 4,
        KEY_CERT_SIGN = 5, CRL_SIGN = 6, ENCIPHER_ONLY = 7, DECIPHER_ONLY = 8,
    }
    check::Inputs as u8 { CSR = 0, EXTENSIONS = 1, PREVIOUS = 2 }
    check::Operations as u8 { SIGN = 0, RENEW = 1, REKEY = 2, FINALIZE = 3 }
}

impl Lower for DenialKind {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;

    fn lower(&self, record: &mut Record<'_>) {
        record.octets.push(match self {
            Self::BadRequest => 0,
            Self::Unauthorized => 1,
            Self::Forbidden => 2,
            Self::NotFound => 3,
            Self::TooManyRequests => 4,
            Self::Pending => 5,
            Self::NotImplemented => 6,
        });
    }
}

impl Lower for ReplayMode {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;

    fn lower(&self, record: &mut Record<'_>) {
        record.octets.push(match self {
            Self::Jwt => 0,
            Self::Custom => 1,
            Self::Reusable => 2,
        });
    }
}

impl Lower for RoutingKey {
    const SIZE: usize = 20;
    const ALIGN: usize = 4;

    fn lower(&self, record: &mut Record<'_>) {
        match self {
            Self::IssuerAndKey(pair) => record.case(0, 4).member(pair),
            Self::Audience(audience) => record.case(1, 4).member(audience),
            Self::Issuer(issuer) => record.case(2, 4).member(issuer),
            Self::Prefix(prefix) => record.case(3, 4).member(prefix),
        };
    }
}

impl Lower for CommonNameRule {
    const SIZE: usize = 12;
    const ALIGN: usize = 4;

    fn lower(&self, record: &mut Record<'_>) {
        match self {
            Self::OneOf(names) => record.case(0, 4).member(names),
            Self::Unrestricted => record.case(1, 4),
        };
    }
}

impl Lower for SanRule {
    const SIZE: usize = 36;
    const ALIGN: usize = 4;

    fn lower(&self, record: &mut Record<'_>) {
        match self {
            Self::Exact(names) => record.case(0, 4).member(names),
            Self::Subset(names) => record.case(1, 4).member(names),
            Self::Unrestricted => record.case(2, 4),
        };
    }
}

impl Lower for Edit {
    const SIZE: usize = 32;
    const ALIGN: usize = 8;

    fn lower(&self, record: &mut Record<'_>) {
        match self {
            Self::SetValidity(validity) => record.case(0, 8).member(validity),
            Self::RemoveSubjectAltName(name) => record.case(1, 8).member(name),
            Self::RestrictKeyUsage(usage) => record.case(2, 8).member(usage),
            Self::RestrictExtKeyUsage(usages) => record.case(3, 8).member(usages),
            Self::AddExtension(extension) => record.case(4, 8).member(extension),
            Self::Annotate(pair) => record.case(5, 8).member(pair),
        };
    }
}
