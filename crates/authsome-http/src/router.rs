//! The table, served.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any};
use tower_http::catch_panic::CatchPanicLayer;

use authsome_core::error::{Code, Error};
use authsome_core::route::Route;

use crate::dispatch::dispatch;
use crate::gate::Gate;
use crate::observe::{observe, panicked};
use crate::table::{TableError, table};
use crate::{problem, root};

/// See [`Http::router`](crate::Http::router).
pub(crate) fn router(gate: &Arc<Gate>) -> Result<Router, TableError> {
    Ok(layered(unlayered(gate)?, gate))
}

/// See [`Http::standalone`](crate::Http::standalone).
pub(crate) fn standalone(gate: &Arc<Gate>) -> Result<Router, TableError> {
    Ok(layered(unlayered(gate)?.fallback(not_found), gate))
}

fn unlayered(gate: &Arc<Gate>) -> Result<Router, TableError> {
    let table: Arc<[Route]> = table(gate.engine())?.into();
    let base = &gate.engine().config().base_path;
    let with_root = gate.options().root_endpoints;
    if let Some(route) =
        table.iter().find(|route| with_root && base.is_empty() && root::ROOT_PATHS.contains(&route.path()))
    {
        return Err(TableError::Duplicate { method: route.method().clone(), path: route.path().to_owned() });
    }
    let mut router = Router::new();
    for route in table.iter() {
        router = router.route(&format!("{base}{}", route.path()), method_router(gate, route)?);
    }
    if with_root {
        router = router.merge(root::router(gate, &table));
    }
    // Without a base path, every path is below it, the application's own paths too.
    if !base.is_empty() {
        for rest in ["", "/", "/{*rest}"] {
            router = router.route(&format!("{base}{rest}"), any(not_found));
        }
    }
    Ok(router.method_not_allowed_fallback(method_not_allowed))
}

fn layered(router: Router, gate: &Arc<Gate>) -> Router {
    router.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(Arc::clone(gate), observe))
}

fn method_router(gate: &Arc<Gate>, route: &Route) -> Result<MethodRouter, TableError> {
    let filter = MethodFilter::try_from(route.method().clone())
        .map_err(|_| TableError::Method { method: route.method().clone(), path: route.path().to_owned() })?;
    let (gate, route) = (Arc::clone(gate), Arc::new(route.clone()));
    Ok(MethodRouter::new()
        .on(filter, move |request: axum::extract::Request| dispatch(Arc::clone(&gate), Arc::clone(&route), request)))
}

/// The answer to an unknown path: a problem, with 404.
pub async fn not_found() -> Response {
    problem::respond(&Error::new(Code::NotFound, "the path is unknown"))
}

/// The answer to a method that the path does not allow; the router adds `Allow`.
async fn method_not_allowed() -> Response {
    problem::respond(&Error::new(Code::MethodNotAllowed, "the path does not allow this method"))
}
