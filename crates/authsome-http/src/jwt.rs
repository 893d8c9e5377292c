//! [`JwtLayer`] and [`SessionClaims`]: for an application's own routes, sessions that are proven by their token alone.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::Request;
use http::header::AUTHORIZATION;
use http::request::Parts;
use tower::{Layer, Service};

use authsome_core::error::{Code, Error};
use authsome_core::jwt::Claims;
use authsome_engine::Engine;

use crate::extract::Rejection;
use crate::gate::Gate;
use crate::options::HttpOptions;
use crate::{problem, request_id};

/// Verifies the JSON Web Token of each request, in one environment, by its signature, claims and times (RFC 9068), and
/// puts its [`Claims`] into the request's extensions.
///
/// No session is looked up, so a token of a session that was revoked passes until it expires. Where that matters, use
/// [`EnvironmentLayer`](crate::EnvironmentLayer), which takes the same tokens and refuses it at once. A request without
/// an `Authorization` header passes without claims; [`SessionClaims`] refuses it where it stands.
#[derive(Clone)]
pub struct JwtLayer {
    gate: Arc<Gate>,
    environment: Arc<str>,
}

impl std::fmt::Debug for JwtLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JwtLayer").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl JwtLayer {
    /// A layer for the environment with this slug or id, of the engine's app.
    #[must_use]
    pub fn new(engine: &Engine, environment: &str) -> Self {
        Self { gate: Arc::new(Gate::new(engine, HttpOptions::default())), environment: environment.into() }
    }

    async fn verify(&self, parts: &Parts) -> Result<Option<Claims>, Error> {
        let mut headers = parts.headers.get_all(AUTHORIZATION).into_iter();
        let Some(header) = headers.next() else { return Ok(None) };
        let unauthenticated = || Error::new(Code::Unauthenticated, "send one token as `Authorization: Bearer`");
        if headers.next().is_some() {
            return Err(unauthenticated());
        }
        let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unauthenticated());
        }
        self.gate.engine().environment(&self.environment).await?.verify_jwt(token.trim()).await.map(Some)
    }
}

impl<S> Layer<S> for JwtLayer {
    type Service = JwtService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        JwtService { layer: self.clone(), inner }
    }
}

/// What [`JwtLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct JwtService<S> {
    layer: JwtLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for JwtService<S>
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
        let layer = self.layer.clone();
        // The service that was polled ready is the one to call; its clone is for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let id = layer.gate.request_id(&parts);
            parts.extensions.insert(id.clone());
            let mut response = match layer.verify(&parts).await {
                Ok(claims) => {
                    if let Some(claims) = claims {
                        parts.extensions.insert(claims);
                    }
                    inner.call(Request::from_parts(parts, body)).await?.into_response()
                }
                Err(error) => problem::respond(&error),
            };
            response.headers_mut().insert(request_id::HEADER, id.header());
            Ok(response)
        })
    }
}

/// The claims of the token that proves the request's session. Refuses with `unauthenticated` whoever sends none.
#[derive(Clone, Debug)]
pub struct SessionClaims(
    /// The claims.
    pub Claims,
);

impl<S: Send + Sync> FromRequestParts<S> for SessionClaims {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let claims = parts.extensions.get::<Claims>().cloned();
        Ok(Self(claims.ok_or_else(|| Error::new(Code::Unauthenticated, "sign in first"))?))
    }
}
