//! [`EnvironmentLayer`]: environment and credential for an application's own routes.

use std::sync::Arc;

use http::request::Parts;
use tower::Layer;

use authsome_core::error::Error;
use authsome_core::route::Guard;

use crate::admission::{Admission, AdmissionService};
use crate::gate::{Gate, StaleCookie};
use crate::guard;

/// Selects the environment of each request and checks its credential, as Authsome's own routes do, and puts the
/// [`Context`](authsome_core::route::Context) into the request's extensions.
///
/// It lets through whoever sends no credential; [`RequireSession`](crate::RequireSession) refuses them where it stands.
/// A credential that is not valid is refused here, with a problem. [`Http::layer`](crate::Http::layer) makes one, and
/// [`Http::require`](crate::Http::require) one that refuses whoever lacks a permission.
#[derive(Clone)]
pub struct EnvironmentLayer {
    gate: Arc<Gate>,
    guard: Guard,
}

impl std::fmt::Debug for EnvironmentLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvironmentLayer").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl EnvironmentLayer {
    pub(crate) fn new(gate: &Arc<Gate>, guard: Guard) -> Self {
        Self { gate: Arc::clone(gate), guard }
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
        guard::admit(self.guard, &context, &**self.gate.engine().store()).await?;
        parts.extensions.insert(context);
        parts.extensions.insert(self.gate.engine().clone());
        Ok(())
    }
}
