//! [`EnvironmentLayer`]: for an application's own routes, what Authsome's routes have.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::Request;
use tower::{Layer, Service};

use authsome_core::error::Error;
use authsome_engine::Engine;

use crate::gate::{Gate, StaleCookie};
use crate::options::HttpOptions;
use crate::{problem, request_id};

/// Selects the environment of each request and checks its credential, as Authsome's own routes do, and puts the
/// [`Context`](authsome_core::route::Context) into the request's extensions.
///
/// It lets through whoever sends no credential; [`RequireSession`](crate::RequireSession) refuses them where it stands.
/// A credential that is not valid is refused here, with a problem.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use authsome_engine::Engine;
/// use authsome_http::{CurrentEnvironment, CurrentUser, EnvironmentLayer, HttpOptions, RequireSession};
/// use authsome_store_memory::MemoryStore;
/// use axum::Router;
/// use axum::routing::get;
///
/// async fn notes(RequireSession(session): RequireSession, CurrentEnvironment(here): CurrentEnvironment) -> String {
///     format!("notes of {} in {}", session.user_id, here.environment.slug)
/// }
///
/// async fn greet(CurrentUser(user): CurrentUser) -> String {
///     format!("hello {}", user.email)
/// }
///
/// let engine = Engine::builder().store(Arc::new(MemoryStore::new())).build().unwrap();
/// let app: Router = Router::new()
///     .route("/notes", get(notes))
///     .route("/greeting", get(greet))
///     .layer(EnvironmentLayer::new(&engine, HttpOptions::default()));
/// ```
#[derive(Clone)]
pub struct EnvironmentLayer {
    gate: Arc<Gate>,
}

impl std::fmt::Debug for EnvironmentLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvironmentLayer").finish_non_exhaustive()
    }
}

impl EnvironmentLayer {
    /// A layer for an engine. Of the options, the administrator's token, the trusted proxies and the allowed origins
    /// matter.
    #[must_use]
    pub fn new(engine: &Engine, options: HttpOptions) -> Self {
        Self { gate: Arc::new(Gate::new(engine, options)) }
    }
}

impl<S> Layer<S> for EnvironmentLayer {
    type Service = EnvironmentService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        EnvironmentService { gate: Arc::clone(&self.gate), inner }
    }
}

/// What [`EnvironmentLayer`] makes of a service.
#[derive(Clone)]
pub struct EnvironmentService<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S> std::fmt::Debug for EnvironmentService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvironmentService").finish_non_exhaustive()
    }
}

impl<S> Service<Request<Body>> for EnvironmentService<S>
where
    S: Service<Request<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let gate = Arc::clone(&self.gate);
        // The service that was polled ready is the one to call; its clone is for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let id = gate.request_id(&parts);
            parts.extensions.insert(id.clone());
            let mut response = match admit(&gate, &mut parts).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await?.into_response(),
                Err(error) => problem::respond(&error),
            };
            response.headers_mut().insert(request_id::HEADER, id.header());
            Ok(response)
        })
    }
}

async fn admit(gate: &Gate, parts: &mut http::request::Parts) -> Result<(), Error> {
    let client = gate.client(parts)?;
    let context = gate.context(parts, client, StaleCookie::Ignored).await?;
    parts.extensions.insert(context);
    parts.extensions.insert(gate.engine().clone());
    Ok(())
}
