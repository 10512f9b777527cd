//! What a signer elsewhere is about to be asked for.

use authority::{SerialNumber, Timestamp};

/// A certificate that is about to be signed where we cannot look: on record before the signer is asked, so that none can
/// exist of which nothing is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Intent {
    /// Its serial number.
    pub serial_number: SerialNumber,
    /// Subject alternative names in canonical text.
    pub names: Vec<String>,
    /// Who let it in; empty for the CA itself.
    pub provisioner: String,
    /// When it was decided.
    pub time: Timestamp,
}
