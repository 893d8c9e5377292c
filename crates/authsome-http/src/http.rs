//! [`Http`]: an engine, over HTTP.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use serde_json::Value;

use authsome_core::permission::Permission;
use authsome_core::route::{Guard, Route};
use authsome_engine::Engine;

use crate::gate::Gate;
use crate::jwt::JwtLayer;
use crate::layer::EnvironmentLayer;
use crate::openapi::openapi;
use crate::options::HttpOptions;
use crate::router;
use crate::table::{TableError, table};

/// An engine over HTTP: it makes the routes of accounts, and the layers for an application's own, of the same options.
///
/// # Examples
/// ```
/// use authsome_engine::Engine;
/// use authsome_http::{CurrentEnvironment, CurrentUser, Http, HttpOptions};
/// use authsome_store_memory::MemoryStore;
/// use axum::Router;
/// use axum::routing::get;
///
/// async fn greet(CurrentUser(user): CurrentUser, CurrentEnvironment(here): CurrentEnvironment) -> String {
///     format!("hello {} in {}", user.email, here.environment.slug)
/// }
///
/// let auth = Engine::builder().store(MemoryStore::new()).build()?;
/// let http = Http::new(&auth, HttpOptions::default());
/// let own = Router::new().route("/greeting", get(greet)).layer(http.layer());
/// let app: Router = own.merge(http.router()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Http {
    gate: Arc<Gate>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// An engine, served with these options.
    #[must_use]
    pub fn new(engine: &Engine, options: HttpOptions) -> Self {
        Self { gate: Arc::new(Gate::new(engine, options)) }
    }

    /// The router of the engine's routes below its base path, and of the endpoints at the root where the options want
    /// them.
    ///
    /// It can be merged into an application's own router: it answers what is below the base path, and has no fallback
    /// for the rest; [`not_found`](crate::not_found) can be that fallback. The server that runs it must offer the peer's
    /// address, as [`Router::into_make_service_with_connect_info`] does for a `SocketAddr`; without it clients have no
    /// address, and no limit by address holds. It must also bound the size of heads and the time in which they arrive,
    /// which no router can.
    ///
    /// # Errors
    /// [`TableError`] where a plugin's route is not possible or is declared already.
    pub fn router(&self) -> Result<Router, TableError> {
        router::router(&self.gate)
    }

    /// The router of a process that serves nothing else: every other path is answered by
    /// [`not_found`](crate::not_found).
    ///
    /// # Errors
    /// Those of [`Http::router`].
    pub fn standalone(&self) -> Result<Router, TableError> {
        router::standalone(&self.gate)
    }

    /// The layer for an application's own routes, whoever may call them.
    #[must_use]
    pub fn layer(&self) -> EnvironmentLayer {
        EnvironmentLayer::new(&self.gate, Guard::Public)
    }

    /// The layer for an application's own routes that only the administrator's token and keys with this permission may
    /// call. It stands in place of [`Http::layer`].
    #[must_use]
    pub fn require(&self, permission: Permission) -> EnvironmentLayer {
        EnvironmentLayer::new(&self.gate, Guard::Permission(permission))
    }

    /// The layer for an application's own routes that trust the signature of a token alone, of the environment with this
    /// slug or id.
    #[must_use]
    pub fn jwt_layer(&self, environment: &str) -> JwtLayer {
        JwtLayer::new(&self.gate, environment)
    }

    /// The routes below the base path: those of accounts and of administration, then the plugins', in the order in which
    /// they were added.
    ///
    /// Router, OpenAPI document and the inventory that security suites walk are made from it: each route tells its
    /// method, path and guard.
    ///
    /// # Errors
    /// [`TableError`] where a plugin's route is not possible or is declared already.
    pub fn table(&self) -> Result<Vec<Route>, TableError> {
        table(self.gate.engine())
    }

    /// The OpenAPI 3.1 document of the table of routes, and of the endpoints at the root where the options want them.
    /// Its paths are whole, base path included; its server is the public URL. Settings are core's and those that plugins
    /// declare.
    ///
    /// # Errors
    /// Those of [`Http::table`].
    pub fn openapi(&self) -> Result<Value, TableError> {
        Ok(openapi(&self.table()?, self.gate.engine(), self.gate.options()))
    }
}
