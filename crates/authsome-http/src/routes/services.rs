//! [`Services`]: what the handlers of all routes are given.

use std::sync::Arc;

use authsome_core::error::Error;
use authsome_core::route::{Context, Handler, Reply, Request};
use authsome_engine::{Engine, EnvironmentHandle};

/// The group of these routes in the OpenAPI document.
pub(super) const TAG: &str = "Account";

/// What the handlers need.
#[derive(Clone)]
pub(super) struct Services {
    pub(super) engine: Engine,
}

impl Services {
    /// The environment that a request acts in, with who makes it.
    pub(super) fn at(&self, context: &Context) -> EnvironmentHandle {
        self.engine.handle(Arc::clone(&context.environment)).acting(&context.principal, &context.client)
    }

    /// The handler of a route.
    pub(super) fn handler<F, Fut>(&self, handle: F) -> impl Handler + 'static
    where
        F: Fn(Self, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Error>> + Send + 'static,
    {
        let services = self.clone();
        move |request: Request| handle(services.clone(), request)
    }
}
