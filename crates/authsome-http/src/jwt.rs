//! [`JwtLayer`] and [`SessionClaims`]: for an application's own routes, sessions proven only by their token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use tower::Layer;

use authsome_core::error::{Code, Error};
use authsome_core::jwt::Claims;

use crate::admission::{Admission, AdmissionService};
use crate::extract::Rejection;
use crate::gate::Gate;

/// Verifies the JSON Web Token of each request, in one environment, by its signature, claims and times (RFC 9068), and
/// puts its [`Claims`] into the request's extensions.
///
/// No session is looked up, so the token of a revoked session passes until it expires. If that matters, use
/// [`EnvironmentLayer`](crate::EnvironmentLayer), which takes the same tokens and refuses it at once. A request without
/// an `Authorization` header passes without claims; [`SessionClaims`] refuses it where it stands.
/// [`Http::jwt_layer`](crate::Http::jwt_layer) makes one.
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
    pub(crate) fn new(gate: &Arc<Gate>, environment: &str) -> Self {
        Self { gate: Arc::clone(gate), environment: environment.into() }
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
        self.gate.engine().environment(&*self.environment).await?.signing_keys().verify(token.trim()).await.map(Some)
    }
}

impl<S> Layer<S> for JwtLayer {
    type Service = AdmissionService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        AdmissionService::new(inner, self.clone())
    }
}

impl Admission for JwtLayer {
    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn admit(&self, parts: &mut Parts) -> Result<(), Error> {
        if let Some(claims) = self.verify(parts).await? {
            parts.extensions.insert(claims);
        }
        Ok(())
    }
}

/// The claims of the token that proves the request's session. Refuses a request without a token with `unauthenticated`.
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
