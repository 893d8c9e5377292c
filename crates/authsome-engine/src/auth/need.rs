//! Whether a sign-in needs a second factor.

use authsome_context::EnvironmentContext;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::records::Records;
use authsome_core::session::SEVERAL_FACTORS;
use authsome_core::ticket::TicketPurpose;

/// What a ticket lists if its user has no second factor yet.
const ENROLL: &str = "enroll";

/// The purpose and the methods of the ticket that a sign-in needs beside the given proofs; `None` if it needs none. A
/// user who has a factor is asked for it, even if the environment does not require one.
pub(super) async fn need(
    at: &EnvironmentContext,
    user: UserId,
    amr: &[impl AsRef<str>],
    records: &dyn Records,
) -> Result<Option<(TicketPurpose, Vec<&'static str>)>, Error> {
    if amr.iter().any(|proof| proof.as_ref() == SEVERAL_FACTORS) {
        return Ok(None);
    }
    let offers = offers(at, user, records).await?;
    Ok(match offers.is_empty() {
        false => Some((TicketPurpose::Challenge, offers)),
        true if at.settings().mfa_required => Some((TicketPurpose::Enroll, vec![ENROLL])),
        true => None,
    })
}

/// What was proven before and now, each once.
pub(super) fn joined<'a>(before: &'a [String], now: &[&'a str]) -> Vec<&'a str> {
    let mut amr: Vec<&str> = Vec::new();
    for proof in before.iter().map(String::as_str).chain(now.iter().copied()) {
        if !amr.contains(&proof) {
            amr.push(proof);
        }
    }
    amr
}

/// The offers of a user's second factors.
pub(crate) async fn offers(
    at: &EnvironmentContext,
    user: UserId,
    records: &dyn Records,
) -> Result<Vec<&'static str>, Error> {
    let mut offers = Vec::new();
    for factor in &at.foundation().plugins.second_factors {
        for offer in factor.offers(&at.scope(), user, records).await? {
            if !offers.contains(&offer) {
                offers.push(offer);
            }
        }
    }
    Ok(offers)
}
