//! The list of revoked certificates.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::Response,
};

use super::{http_date::http_date, json, problem::Problem, service::Service};

/// `GET /crl`: DER, and with `?pem` PEM. It may be kept until the next one is due.
pub(super) async fn crl(State(ca): State<Arc<dyn Service>>, uri: Uri) -> Result<Response, Problem> {
    let list = ca.revocation_list().await?;
    let (content_type, document, file) = match wants_pem(&uri) {
        true => ("application/x-pem-file", list.pem.clone(), "attachment; filename=\"crl.pem\""),
        false => ("application/pkix-crl", list.der.clone(), "attachment; filename=\"crl.der\""),
    };
    let mut response = json::with_type(StatusCode::OK, HeaderValue::from_static(content_type), document);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(file));
    headers.extend(http_date(list.next_update).map(|date| (header::EXPIRES, date)));
    headers.extend(http_date(list.this_update).map(|date| (header::LAST_MODIFIED, date)));
    Ok(response)
}

fn wants_pem(uri: &Uri) -> bool {
    let parameters = uri.query().unwrap_or_default().split('&');
    parameters.into_iter().any(|parameter| parameter == "pem" || parameter.starts_with("pem="))
}
