//! Which header fields pass the border, and in which direction.

use std::{collections::BTreeMap, fs, str};

use policy_runtime::contract::effects::HttpError;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue as FieldValue};
use zeroize::Zeroizing;

use super::OutletError;
use crate::{config::HeaderValue, limits};

/// What a policy may say. Everything that steers the connection, the proxy or the cache on the way is the host's.
static SENT: [HeaderName; 8] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::USER_AGENT,
    HeaderName::from_static("x-request-id"),
];

/// What a policy is shown. Cookies are not among it.
static SHOWN: [HeaderName; 12] = [
    header::AGE,
    header::CACHE_CONTROL,
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::DATE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

/// The header fields of a request, if all of them may be sent.
pub(super) fn to_send(fields: &[(String, String)]) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name = SENT.iter().find(|sent| sent.as_str().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let known: Vec<_> = SENT.iter().map(HeaderName::as_str).collect();
            HttpError::Invalid(format!("a policy may send these header fields: {}", known.join(", ")))
        })?;
        let value = FieldValue::from_str(value).map_err(|_| HttpError::Invalid(format!("no value for {name}")))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// The header fields of an answer that a policy is shown, in order of their names.
pub(super) fn to_show(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = |name: &'static HeaderName| headers.get_all(name).into_iter().map(move |value| (name, value));
    let shown = SHOWN.iter().flat_map(values);
    let text = |(name, value): (&HeaderName, &FieldValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    shown.filter_map(text).filter(|(_, value)| value.len() <= limits::HTTP_FIELD).collect()
}

/// What a grant adds, with files read.
pub(super) fn to_add(fields: &BTreeMap<String, HeaderValue>) -> Result<Vec<(HeaderName, FieldValue)>, OutletError> {
    fields.iter().map(|(name, value)| field(name, value)).collect()
}

fn field(name: &str, value: &HeaderValue) -> Result<(HeaderName, FieldValue), OutletError> {
    let unusable = || OutletError::Header { name: name.to_owned() };
    let text = match value {
        HeaderValue::Text(text) => text.clone(),
        HeaderValue::File(path) => {
            let octets = fs::read(path).map(Zeroizing::new);
            let octets = octets.map_err(|source| OutletError::Read { path: path.clone(), source })?;
            Zeroizing::new(str::from_utf8(&octets).map_err(|_| unusable())?.trim_end().to_owned())
        }
    };
    let mut value = FieldValue::from_str(&text).map_err(|_| unusable())?;
    value.set_sensitive(true);
    Ok((HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_shown_up_to_the_limit_and_left_out_beyond() {
        for (length, is_shown) in [(limits::HTTP_FIELD - 1, 1), (limits::HTTP_FIELD, 1), (limits::HTTP_FIELD + 1, 0)] {
            let value = FieldValue::from_str(&"x".repeat(length)).unwrap();
            let headers = HeaderMap::from_iter([(header::ETAG, value)]);
            assert_eq!(to_show(&headers).len(), is_shown, "{length}");
        }
    }
}
