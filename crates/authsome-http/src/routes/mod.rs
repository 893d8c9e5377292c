//! The routes of accounts, a file each resource, and of administration.

mod admin;
mod device;
mod email;
mod me;
mod page;
mod password;
mod reauthenticate;
mod refresh;
mod session;
mod sign_in;
mod sign_in_page;
mod sign_out;
mod sign_up;
mod view;

use std::sync::Arc;

use authsome_core::error::Error;
use authsome_core::route::{Context, Handler, Reply, Request, Route};
use authsome_engine::{Engine, EnvironmentHandle};

/// The group of these routes in the OpenAPI document.
const TAG: &str = "Account";

/// What the handlers need.
#[derive(Clone)]
struct Services {
    engine: Engine,
}

impl Services {
    /// The environment that a request acts in, with who makes it.
    fn at(&self, context: &Context) -> EnvironmentHandle {
        self.engine.handle(Arc::clone(&context.environment)).acting(&context.principal, &context.client)
    }

    /// The handler of a route.
    fn handler<F, Fut>(&self, handle: F) -> impl Handler + 'static
    where
        F: Fn(Self, Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Error>> + Send + 'static,
    {
        let services = self.clone();
        move |request: Request| handle(services.clone(), request)
    }
}

/// The routes of accounts and of administration.
pub(crate) fn all(engine: &Engine) -> Vec<Route> {
    let services = Services { engine: engine.clone() };
    let mut routes = vec![
        sign_up::route(&services),
        sign_in::route(&services),
        sign_out::route(&services),
        refresh::route(&services),
        reauthenticate::route(&services),
        sign_in_page::route(&services),
    ];
    routes.extend(me::routes(&services));
    routes.extend(session::routes(&services));
    routes.extend(password::routes(&services));
    routes.extend(email::routes(&services));
    routes.extend(device::routes(&services));
    routes.extend(admin::routes(&services));
    routes
}
