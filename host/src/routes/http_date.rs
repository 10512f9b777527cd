//! Times as HTTP headers write them.

use authority::Timestamp;
use axum::http::HeaderValue;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

/// IMF-fixdate (RFC 9110 §5.6.7); nothing for a time that it cannot name.
pub(crate) fn http_date(time: Timestamp) -> Option<HeaderValue> {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let time = OffsetDateTime::from_unix_timestamp(time.as_unix()).ok()?;
    HeaderValue::try_from(time.format(FORMAT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_is_written_as_there() {
        assert_eq!(http_date("1994-11-06T08:49:37Z".parse().unwrap()).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(Timestamp::from_unix(i64::MAX)), None);
    }
}
