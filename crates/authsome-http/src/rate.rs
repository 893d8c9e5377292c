//! How often requests may be made: by address before a handler runs, by account or mailbox in the handler that knows it.

use std::net::IpAddr;

use authsome_core::error::Error;
use authsome_core::route::{Context, RateClass};
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
    // The engine, which alone knows it, limits refreshes by session; their addresses are limited like all others.
    let class = if class == RateClass::Refresh { RateClass::Other } else { class };
    let decision = engine.rate_limiter().check(class, scope, address, None).await?;
    decision.map_or(Ok(()), |decision| decision.require())
}

/// Counts a request on an account or mailbox.
///
/// # Errors
/// `rate_limited`, `unavailable`.
pub(crate) async fn limit_subject(
    engine: &Engine,
    class: RateClass,
    context: &Context,
    subject: &str,
) -> Result<(), Error> {
    let decision = engine.rate_limiter().check(class, &context.scope(), None, Some(subject)).await?;
    decision.map_or(Ok(()), |decision| decision.require())
}
