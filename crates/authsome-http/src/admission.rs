//! [`AdmissionService`]: the service that the layers for an application's own routes make.

use std::convert::Infallible;
use std::task::{Context as TaskContext, Poll};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::Request;
use http::request::Parts;
use tower::Service;

use authsome_core::error::Error;

use crate::gate::Gate;
use crate::{problem, request_id};

/// Lets a request through, or refuses it.
pub(crate) trait Admission: Clone + Send + Sync + 'static {
    /// Where the request's id comes from.
    fn gate(&self) -> &Gate;

    /// Puts its findings into the request's extensions.
    ///
    /// # Errors
    /// The refusal.
    fn admit(&self, parts: &mut Parts) -> impl Future<Output = Result<(), Error>> + Send;
}

/// A service whose requests are admitted first. A refusal is answered as a problem; every answer carries the request's
/// id.
#[derive(Clone, Debug)]
pub struct AdmissionService<S, A> {
    inner: S,
    admission: A,
}

impl<S, A> AdmissionService<S, A> {
    pub(crate) const fn new(inner: S, admission: A) -> Self {
        Self { inner, admission }
    }
}

impl<S, A> Service<Request<Body>> for AdmissionService<S, A>
where
    S: Service<Request<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    A: Admission,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let admission = self.admission.clone();
        // The service that was polled ready is the one to call; its clone is for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let id = admission.gate().request_id(&parts);
            parts.extensions.insert(id.clone());
            let mut response = match admission.admit(&mut parts).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await?.into_response(),
                Err(error) => problem::respond(&error),
            };
            response.headers_mut().insert(request_id::HEADER, id.header());
            Ok(response)
        })
    }
}
