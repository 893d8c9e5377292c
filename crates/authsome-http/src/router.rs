//! [`router`]: the table, served.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any};
use tower_http::catch_panic::CatchPanicLayer;

use authsome_core::error::{Code, Error};
use authsome_core::route::Route;
use authsome_engine::Engine;

use crate::dispatch::dispatch;
use crate::gate::Gate;
use crate::observe::{observe, panicked};
use crate::options::HttpOptions;
use crate::table::{TableError, table};
use crate::{problem, root};

/// The router of the engine's routes below its base path, and of the endpoints at the root if the options want them.
///
/// It can be merged into an application's own router: it answers every path below the base path, and has no fallback
/// for other paths; [`not_found`] can be that fallback. The server that runs it must offer the peer's address, as
/// [`Router::into_make_service_with_connect_info`] does for a `SocketAddr`; otherwise clients have no address, and
/// limits on addresses do not work. The server must also limit the size of heads and the time in which they arrive.
///
/// # Errors
/// [`TableError`] if a plugin's route is invalid or already declared.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use authsome_engine::Engine;
/// use authsome_http::{HttpOptions, router};
/// use authsome_store_memory::MemoryStore;
///
/// let engine = Engine::builder().store(Arc::new(MemoryStore::new())).build().unwrap();
/// let app: axum::Router = axum::Router::new()
///     .route("/hello", axum::routing::get(|| async { "hello" }))
///     .merge(router(&engine, HttpOptions::default()).unwrap());
/// ```
pub fn router(engine: &Engine, options: HttpOptions) -> Result<Router, TableError> {
    let (router, gate) = unlayered(engine, options)?;
    Ok(layered(router, gate))
}

/// The router of a process that serves only Authsome: [`router`] with [`not_found`] as the answer to every other path.
///
/// # Errors
/// Those of [`router`].
pub fn standalone(engine: &Engine, options: HttpOptions) -> Result<Router, TableError> {
    let (router, gate) = unlayered(engine, options)?;
    Ok(layered(router.fallback(not_found), gate))
}

fn unlayered(engine: &Engine, options: HttpOptions) -> Result<(Router, Arc<Gate>), TableError> {
    let table: Arc<[Route]> = table(engine)?.into();
    let base = &engine.config().base_path;
    let with_root = options.root_endpoints;
    if let Some(route) =
        table.iter().find(|route| with_root && base.is_empty() && root::ROOT_PATHS.contains(&route.path()))
    {
        return Err(TableError::Duplicate { method: route.method().clone(), path: route.path().to_owned() });
    }
    let gate = Arc::new(Gate::new(engine, options));
    let mut router = Router::new();
    for route in table.iter() {
        router = router.route(&format!("{base}{}", route.path()), method_router(&gate, route)?);
    }
    if with_root {
        router = router.merge(root::router(&gate, &table));
    }
    // Without a base path, every path is below it, the application's own paths too.
    if !base.is_empty() {
        for rest in ["", "/", "/{*rest}"] {
            router = router.route(&format!("{base}{rest}"), any(not_found));
        }
    }
    Ok((router.method_not_allowed_fallback(method_not_allowed), gate))
}

fn layered(router: Router, gate: Arc<Gate>) -> Router {
    router.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(gate, observe))
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
