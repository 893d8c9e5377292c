//! The endpoints at the root: health, key sets, the OpenAPI document, and a page that shows it.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, VARY};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use authsome_core::error::Error;
use authsome_core::route::Route;

use crate::answer::{answer, json};
use crate::docs_page;
use crate::gate::Gate;
use crate::health::{live, ready};
use crate::naming::{ENVIRONMENT, Naming, PUBLISHABLE_KEY};
use crate::openapi::openapi;
use crate::problem;

/// The paths of the endpoints at the root.
pub const ROOT_PATHS: [&str; 5] = ["/livez", "/readyz", "/openapi.json", "/docs", "/.well-known/jwks.json"];

/// The document and its page, made when they are first asked for.
struct Documents {
    gate: Arc<Gate>,
    table: Arc<[Route]>,
    made: OnceLock<(Bytes, Bytes)>,
}

impl Documents {
    fn made(&self) -> &(Bytes, Bytes) {
        self.made.get_or_init(|| {
            let document = openapi(&self.table, self.gate.engine(), self.gate.options());
            (document.to_string().into(), docs_page::render(&document).into())
        })
    }
}

pub(crate) fn router(gate: &Arc<Gate>, table: &Arc<[Route]>) -> Router {
    let documents = Arc::new(Documents { gate: Arc::clone(gate), table: Arc::clone(table), made: OnceLock::new() });
    let shown = Arc::clone(&documents);
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .route("/openapi.json", get(move || async move { answer(documents.made().0.clone(), "application/json") }))
        .route("/.well-known/jwks.json", get(key_set))
        .route("/docs", get(move || async move { page(shown.made().1.clone()) }))
        .with_state(Arc::clone(gate))
}

/// The public keys of the named environment, else of the default one.
async fn key_set(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match published(&gate, &parts).await {
        Ok(keys) => {
            let mut response = json(StatusCode::OK, &keys);
            // Verifiers may keep the set: it already contains the next key.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
            // Caches tell answers apart by the query, but not by the headers that name an environment.
            for name in [ENVIRONMENT, PUBLISHABLE_KEY] {
                response.headers_mut().append(VARY, HeaderValue::from(name));
            }
            response
        }
        Err(error) => problem::respond(&error),
    }
}

async fn published(gate: &Gate, parts: &http::request::Parts) -> Result<Value, Error> {
    let naming = Naming::of(parts)?;
    let environment = naming.meant(gate.engine()).await?.select(gate.engine()).await?;
    let keys = gate.engine().handle(environment).signing_keys().key_set().await?;
    serde_json::to_value(keys).map_err(Error::internal)
}

fn page(html: Bytes) -> Response {
    let mut response = answer(html, "text/html; charset=utf-8");
    // The page has one style element; a browser loads and runs nothing else.
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}
