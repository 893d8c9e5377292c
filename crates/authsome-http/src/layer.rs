//! [`EnvironmentLayer`]: environment and credential for an application's own routes.

use std::sync::Arc;

use http::request::Parts;
use tower::Layer;

use authsome_core::error::Error;
use authsome_engine::Engine;

use crate::admission::{Admission, AdmissionService};
use crate::gate::{Gate, StaleCookie};
use crate::options::HttpOptions;

/// Selects the environment of each request and checks its credential, as Authsome's own routes do, and puts the
/// [`Context`](authsome_core::route::Context) into the request's extensions.
///
/// It lets requests without a credential through; a handler with [`RequireSession`](crate::RequireSession) refuses
/// them. An invalid credential is refused here, with a problem.
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
    type Service = AdmissionService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        AdmissionService::new(inner, self.clone())
    }
}

impl Admission for EnvironmentLayer {
    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn admit(&self, parts: &mut Parts) -> Result<(), Error> {
        let client = self.gate.client(parts)?;
        let context = self.gate.arrive(parts, client, StaleCookie::Ignored, None).await?.context?;
        parts.extensions.insert(context);
        parts.extensions.insert(self.gate.engine().clone());
        Ok(())
    }
}
