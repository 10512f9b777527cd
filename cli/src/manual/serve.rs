//! The manual on the web: plain HTTP, for the person at this machine.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::{Manual, html};
use crate::output::Output;

/// Serves until the program is stopped.
pub(super) fn serve(address: SocketAddr, manual: Manual, output: &mut Output) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting failed")?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("listening on {address} failed"))?;
        output.answer(format!("Serving HTTP on {} ...\n", listener.local_addr()?))?;
        Ok(axum::serve(listener, router(manual)).await?)
    })
}

fn router(manual: Manual) -> Router {
    Router::new()
        .route("/", get(|manual| page(manual, Path(String::new()))))
        .route("/style.css", get(|| async { text("text/css; charset=utf-8", html::STYLE) }))
        .route("/search.js", get(|| async { text("text/javascript; charset=utf-8", html::SEARCH) }))
        .route("/{*path}", get(page))
        .with_state(Arc::new(manual))
}

/// The page of a path, with or without a slash at its end. Paths below that of the manual's own command are found, too.
async fn page(State(manual): State<Arc<Manual>>, Path(path): Path<String>) -> Response {
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    let found = match words.is_empty() {
        true => manual.pages.first(),
        false => manual.pages.iter().find(|page| page.path == words),
    };
    let article = || manual.articles.iter().find(|article| article.path.split('/').eq(words.iter().copied()));
    match (found, article) {
        (Some(page), _) => Html(html::page(page, &manual, "/", "")).into_response(),
        (None, article) => match article() {
            Some(article) => Html(html::article(article, &manual, "/", "")).into_response(),
            None => (StatusCode::NOT_FOUND, Html(html::missing(&manual))).into_response(),
        },
    }
}

fn text(kind: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str) -> (StatusCode, String, String) {
        let router = router(Manual::of(&crate::args::tree(), &[]));
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let answer = router.oneshot(request).await.expect("an answer");
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().expect("text").to_owned();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 24).await.expect("a body");
        (status, kind, String::from_utf8(body.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn every_page_is_there_with_and_without_a_slash() {
        for page in Manual::of(&crate::args::tree(), &[]).pages {
            for path in [format!("/{}", page.path.join("/")), format!("/{}/", page.path.join("/"))] {
                let (status, kind, text) = ask(&path.replace("//", "/")).await;
                assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/html; charset=utf-8"), "{path}");
                assert!(text.contains(&format!("<h1>{}</h1>", page.title())), "{path}: {text}");
            }
        }
    }

    #[tokio::test]
    async fn the_handbook_is_there_and_the_first_page_leads_to_it() {
        assert!(ask("/").await.2.contains("<a href=\"/handbook/\">Handbook of policies</a>"));
        let (status, _, text) = ask("/handbook/tutorial/").await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("<h1 id=\"a-first-policy\">A first policy</h1>"), "{text}");
        assert!(text.contains("\"title\":\"Handbook: Trying rules\""), "it is found by its words");
    }

    #[tokio::test]
    async fn what_is_not_there_is_404_and_still_leads_home() {
        for path in ["/tokn", "/ca/tokn", "/..%2f..%2fetc", "/style.css/x"] {
            let (status, _, text) = ask(path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert!(text.contains("<a href=\"/\">"), "{path}: {text}");
        }
        assert_eq!(ask("/style.css").await.1, "text/css; charset=utf-8");
        assert_eq!(ask("/search.js").await.1, "text/javascript; charset=utf-8");
    }
}
