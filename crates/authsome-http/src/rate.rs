//! Rate limits: on the address before the guard, on the request's subject before its handler.

use std::net::IpAddr;

use bytes::Bytes;
use http::HeaderMap;

use authsome_core::error::Error;
use authsome_core::route::{Context, Principal, RateClass, RateSubject, Route};
use authsome_core::scope::Scope;
use authsome_engine::Engine;

/// Counts a request of an address, in an environment.
///
/// # Errors
/// `rate_limited`, `unavailable`.
pub(crate) async fn limit_address(
    engine: &Engine,
    class: RateClass,
    address: Option<IpAddr>,
    scope: &Scope,
) -> Result<(), Error> {
    // A class without a limit of its own has the general one.
    let class = if class.address.is_none() { RateClass::OTHER } else { class };
    let decision = engine.rate_limiter().check(class, scope, address, None).await?;
    decision.map_or(Ok(()), |decision| decision.require())
}

/// Counts a request on its subject, which its route names.
///
/// # Errors
/// `rate_limited`, `unavailable`; those of reading the body.
pub(crate) async fn limit_subject(
    engine: &Engine,
    route: &Route,
    context: &Context,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(), Error> {
    let subject = match (route.subject(), context.ticket(), &context.principal) {
        (RateSubject::Body(subject), ..) => subject.read(headers, body)?,
        // A half-done sign-in counts on its user.
        (_, Ok(ticket), _) => Some(ticket.user_id.to_string()),
        (RateSubject::None, ..) => None,
        (RateSubject::Principal, _, Principal::Session(session)) => Some(session.user_id.to_string()),
        (RateSubject::Principal, _, other) => other.actor(),
    };
    let Some(subject) = subject else { return Ok(()) };
    let decision = engine.rate_limiter().check(route.rate(), &context.scope(), None, Some(&subject)).await?;
    decision.map_or(Ok(()), |decision| decision.require())
}
