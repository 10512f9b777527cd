//! Why a certificate ends before its time (RFC 5280 §5.3.1).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// CRLReason, as far as a complete list can say it: `removeFromCRL` (8) stands
/// in delta lists alone, and 7 is not used.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum RevocationReason {
    /// Nobody said.
    #[default]
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// Somebody else may have the issuer's key.
    CaCompromise,
    /// The subject is not what it was.
    AffiliationChanged,
    /// There is a better certificate.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// It is put aside. Here it stays revoked, as everything does.
    CertificateHold,
    /// What it was allowed is taken back.
    PrivilegeWithdrawn,
    /// Somebody else may have the key of the attribute authority.
    AaCompromise,
}

use RevocationReason as R;

/// Each reason, its code and its name in RFC 5280.
const ALL: [(R, u8, &str); 9] = [
    (R::Unspecified, 0, "unspecified"),
    (R::KeyCompromise, 1, "keyCompromise"),
    (R::CaCompromise, 2, "cACompromise"),
    (R::AffiliationChanged, 3, "affiliationChanged"),
    (R::Superseded, 4, "superseded"),
    (R::CessationOfOperation, 5, "cessationOfOperation"),
    (R::CertificateHold, 6, "certificateHold"),
    (R::PrivilegeWithdrawn, 9, "privilegeWithdrawn"),
    (R::AaCompromise, 10, "aACompromise"),
];

impl RevocationReason {
    /// The reason with this code.
    ///
    /// # Errors
    /// The code is not one a complete list can have.
    pub fn from_code(code: u8) -> Result<Self, RevocationReasonError> {
        let found = ALL.into_iter().find(|(_, number, _)| *number == code);
        found.map(|(reason, ..)| reason).ok_or(RevocationReasonError)
    }

    /// Its code.
    pub fn code(self) -> u8 {
        self.entry().1
    }

    /// Its name in RFC 5280.
    pub fn name(self) -> &'static str {
        self.entry().2
    }

    fn entry(self) -> (Self, u8, &'static str) {
        ALL.into_iter().find(|(reason, ..)| *reason == self).expect("every reason is listed")
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Reads a code, or a name in any case; words may be parted by blanks, dashes
/// or underscores.
impl FromStr for RevocationReason {
    type Err = RevocationReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(code) = text.parse() {
            return Self::from_code(code);
        }
        let text: String = text.chars().filter(|character| !matches!(character, ' ' | '-' | '_')).collect();
        let found = ALL.into_iter().find(|(.., name)| name.eq_ignore_ascii_case(&text));
        found.map(|(reason, ..)| reason).ok_or(RevocationReasonError)
    }
}

/// There is no such reason.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("a reason is a number of 0 to 6, 9 or 10, or its name, such as keyCompromise")]
pub struct RevocationReasonError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_back_from_its_code_and_its_name() {
        for (reason, code, name) in ALL {
            assert_eq!(RevocationReason::from_code(code), Ok(reason));
            assert_eq!(code.to_string().parse(), Ok(reason));
            assert_eq!(name.parse(), Ok(reason));
            assert_eq!((reason.code(), reason.name()), (code, name));
        }
        assert_eq!("Key-Compromise".parse(), Ok(R::KeyCompromise));
        assert_eq!("cessation_of operation".parse(), Ok(R::CessationOfOperation));
    }

    #[test]
    fn codes_that_no_complete_list_has_are_refused() {
        for code in [7, 8, 11, 255] {
            assert_eq!(RevocationReason::from_code(code), Err(RevocationReasonError), "{code}");
        }
        for text in ["", "-1", "256", "removeFromCRL", "compromise"] {
            assert_eq!(text.parse::<RevocationReason>(), Err(RevocationReasonError), "{text}");
        }
    }
}
