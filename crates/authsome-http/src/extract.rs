//! Extractors for an application's own routes, below [`Http::layer`](crate::Http::layer).

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use authsome_core::error::{Code, Error};
use authsome_core::route::{ActiveEnvironment, Context, Guard, Principal};
use authsome_core::session::Session;
use authsome_core::user::User;
use authsome_engine::Engine;

use crate::{guard, problem};

/// Why an extractor refused a request. It becomes a problem.
#[derive(Debug)]
pub struct Rejection(Error);

impl Rejection {
    /// The error behind it.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.0
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        problem::respond(&self.0)
    }
}

/// The session that makes the request. Refuses a request without a credential with `unauthenticated`, and one with
/// another kind of credential with `forbidden`.
#[derive(Clone, Debug)]
pub struct RequireSession(
    /// The session.
    pub Arc<Session>,
);

/// The user whose session makes the request, read from the store. Refuses like [`RequireSession`]; `Option<CurrentUser>`
/// is `None` for whoever sends no credential.
#[derive(Clone, Debug)]
pub struct CurrentUser(
    /// The user.
    pub User,
);

/// The environment that the request acts in, with its effective settings.
#[derive(Clone, Debug)]
pub struct CurrentEnvironment(
    /// The environment.
    pub Arc<ActiveEnvironment>,
);

fn extension<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Result<T, Error> {
    let found = parts.extensions.get::<T>().cloned();
    found.ok_or_else(|| Error::internal("the route is not below `Http::layer`"))
}

impl<S: Send + Sync> FromRequestParts<S> for RequireSession {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let context: Context = extension(parts)?;
        let engine: Engine = extension(parts)?;
        guard::admit(Guard::Session, &context, &**engine.store()).await?;
        Ok(Self(Arc::clone(context.session()?)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let RequireSession(session) = RequireSession::from_request_parts(parts, state).await?;
        let CurrentEnvironment(environment) = CurrentEnvironment::from_request_parts(parts, state).await?;
        let engine: Engine = extension(parts)?;
        match engine.handle(environment).users().get(session.user_id).await {
            Ok(user) => Ok(Self(user)),
            // The user was deleted while the request was on its way; so was the session.
            Err(error) if error.code() == Code::NotFound => Err(Error::session_not_found().into()),
            Err(error) => Err(error.into()),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        if extension::<Context>(parts)?.principal == Principal::Anonymous {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentEnvironment {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Ok(Self(extension::<Context>(parts)?.environment))
    }
}
