//! [`Need`]: whether a sign-in needs a second factor.

use authsome_context::EnvironmentContext;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::records::Records;
use authsome_core::ticket::TicketPurpose;

/// The word for several factors (RFC 8176, section 2).
pub(crate) const SEVERAL_FACTORS: &str = "mfa";
/// What a ticket lists if its user has no second factor yet.
const ENROLL: &str = "enroll";

/// What a sign-in needs beside the given proofs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    /// One of the user's second factors: their offers.
    Challenge(Vec<&'static str>),
    /// The enrolment of the user's first second factor.
    Enrolment,
}

impl Need {
    /// A user who has a factor is asked for it, even if the environment does not require one.
    pub(crate) async fn of(
        at: &EnvironmentContext,
        user: UserId,
        amr: &[impl AsRef<str>],
        records: &dyn Records,
    ) -> Result<Self, Error> {
        if amr.iter().any(|proof| proof.as_ref() == SEVERAL_FACTORS) {
            return Ok(Self::Nothing);
        }
        let offers = offers(at, user, records).await?;
        Ok(match offers.is_empty() {
            false => Self::Challenge(offers),
            true if at.settings().mfa_required => Self::Enrolment,
            true => Self::Nothing,
        })
    }

    /// The ticket's purpose and its list of methods, if a ticket is needed.
    pub(super) fn ticket(self) -> Option<(TicketPurpose, Vec<&'static str>)> {
        match self {
            Self::Nothing => None,
            Self::Challenge(methods) => Some((TicketPurpose::Challenge, methods)),
            Self::Enrolment => Some((TicketPurpose::Enroll, vec![ENROLL])),
        }
    }
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
