//! Times, durations, and the bodies of requests.

use api_types::RequestedTime;
use serde_json::Value;

use super::text;

/// A time or a duration, as clients write them.
pub(super) fn times(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    if let Ok(duration) = text.parse::<go_duration::GoDuration>() {
        assert_eq!(duration.to_string().parse(), Ok(duration), "{text:?}");
    }
    let quoted = Value::from(text);
    if let Ok(RequestedTime::At(seconds)) = serde_json::from_value::<RequestedTime>(quoted) {
        // From year 0 to year 9999: more cannot be written.
        assert!((-62_167_219_200..=253_402_300_799).contains(&seconds), "{text:?}");
    }
    let _ = serde_json::from_slice::<RequestedTime>(octets);
}

/// The bodies that clients send.
pub(super) fn bodies(octets: &[u8]) {
    let _ = serde_json::from_slice::<api_types::SignRequest>(octets);
    let _ = serde_json::from_slice::<api_types::RekeyRequest>(octets);
    let _ = serde_json::from_slice::<api_types::RevokeRequest>(octets);
    // And those that servers send.
    let _ = serde_json::from_slice::<api_types::SignResponse>(octets);
    let _ = serde_json::from_slice::<api_types::Problem>(octets);
    let _ = serde_json::from_slice::<api_types::Provisioner>(octets);
    let _ = serde_json::from_slice::<api_types::RootsResponse>(octets);
}
