//! What handlers take from a request: a JSON body within bounds, one element of the path.

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, Version, header, request::Parts},
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::problem::{Problem, RequestError};
use crate::limits;

/// The first JSON value of the body. What follows it is not looked at, and its `Content-Type` is not either: no client
/// of 2019 or 2026 depends on it.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Self(first_value(&octets(request, limits::BODY).await?)?))
    }
}

fn refuse_codings(headers: &HeaderMap) -> Result<(), RequestError> {
    let is_plain = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|coding| coding.is_empty() || coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_plain { Ok(()) } else { Err(RequestError::ContentCoding) }
}

/// The octets of a body that is at most so long.
pub(crate) async fn octets(request: Request, limit: usize) -> Result<Bytes, Problem> {
    if let Err(refused) = refuse_codings(request.headers()) {
        if is_sent_unasked(&request) {
            tokio::spawn(discard(request.into_body()));
        }
        return Err(refused.into());
    }
    Ok(read(request, limit).await?)
}

async fn read(request: Request, limit: usize) -> Result<Bytes, RequestError> {
    let is_sent_unasked = is_sent_unasked(&request);
    let mut body = request.into_body();
    // A length that is announced is refused before an octet is read, so that no client is asked to send it.
    if body.size_hint().lower() > limit as u64 {
        if is_sent_unasked {
            tokio::spawn(discard(body));
        }
        return Err(RequestError::BodyTooLarge { limit });
    }
    match tokio::time::timeout(limits::IDLE_TIME, Limited::new(&mut body, limit).collect()).await {
        Err(_) => Err(RequestError::BodyTooSlow { limit: limits::IDLE_TIME }),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            if is_sent_unasked {
                tokio::spawn(discard(body));
            }
            Err(RequestError::BodyTooLarge { limit })
        }
        Ok(Err(error)) => Err(RequestError::BodyUnreadable(axum::Error::new(error))),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
    }
}

/// Whether the client sends the body whatever we think of it: it does not wait for `100 Continue`, and its version of HTTP
/// cannot tell it to stop.
fn is_sent_unasked(request: &Request) -> bool {
    request.version() < Version::HTTP_2 && !request.headers().contains_key(header::EXPECT)
}

/// Reads what nobody wants and keeps nothing of it, to [`limits::BODY_DISCARDED`] or [`limits::IDLE_TIME`].
///
/// A connection that is closed on octets nobody has read is reset, and a client that is still writing then does not see
/// the answer (RFC 9112 §9.6). So the answer leaves at once, and this goes on beside it.
async fn discard(mut body: Body) {
    let reading = async {
        let mut left = limits::BODY_DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whoever is slower sees the connection end.
    let _ = tokio::time::timeout(limits::IDLE_TIME, reading).await;
}

fn first_value<T: DeserializeOwned>(octets: &[u8]) -> Result<T, RequestError> {
    if is_deeper_than(limits::JSON_DEPTH, octets) {
        return Err(RequestError::JsonTooDeep { limit: limits::JSON_DEPTH });
    }
    Ok(T::deserialize(&mut serde_json::Deserializer::from_slice(octets))?)
}

/// Whether arrays and objects of the first value are nested deeper. Only brackets outside of strings count; whether the
/// text is JSON at all is for the parser to say.
fn is_deeper_than(limit: usize, octets: &[u8]) -> bool {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for octet in octets {
        match octet {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if depth == limit => return true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return false,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    false
}

/// The variable element of the path, percent-decoded.
pub(crate) struct PathElement(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathElement {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(element) = Path::from_request_parts(parts, state).await.map_err(|_| RequestError::UnknownPath)?;
        Ok(Self(element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn nested(depth: usize) -> Vec<u8> {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes()
    }

    #[test]
    fn depth_is_counted_to_the_limit_and_not_beyond() {
        assert!(!is_deeper_than(limits::JSON_DEPTH, &nested(limits::JSON_DEPTH - 1)));
        assert!(!is_deeper_than(limits::JSON_DEPTH, &nested(limits::JSON_DEPTH)));
        assert!(is_deeper_than(limits::JSON_DEPTH, &nested(limits::JSON_DEPTH + 1)));
    }

    #[test]
    fn brackets_in_strings_and_after_the_value_do_not_count() {
        assert!(!is_deeper_than(1, br#"{"[[[[":"]]]]\"[[[\\"}"#));
        assert!(!is_deeper_than(1, b"{}[[[[[["));
        assert!(is_deeper_than(1, br#"{"\\":[]}"#));
    }

    #[test]
    fn only_the_first_value_is_read() {
        assert_eq!(first_value::<u8>(b" 7 and more").unwrap(), 7);
        assert!(matches!(first_value::<u8>(b""), Err(RequestError::Json(_))));
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn depth_is_that_of_the_value(limit in 1_usize..6, value in values(), tail in r#"[\[{"\\]{0,9}"#) {
            let text = format!("{value} {tail}");
            prop_assert_eq!(is_deeper_than(limit, text.as_bytes()), depth(&value) > limit);
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = r#"[\[\]{}"\\a]{0,6}"#.prop_map(Value::from);
        let nested = leaf.prop_recursive(6, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((r#"[\[{"\\]{0,4}"#, inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        prop::collection::vec(nested, 0..3).prop_map(Value::from)
    }
}
