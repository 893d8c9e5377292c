//! [`Need`]: whether a sign-in needs a second factor.

use authsome_context::EnvironmentContext;
use authsome_core::error::Error;
use authsome_core::id::UserId;
use authsome_core::records::Records;
use authsome_core::ticket::TicketPurpose;

/// The proof that says that there was more than one factor (RFC 8176, section 2).
pub(crate) const SEVERAL_FACTORS: &str = "mfa";
/// What a ticket lists where its user has no second factor yet.
const ENROLL: &str = "enroll";

/// What a sign-in needs beside the proofs that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    /// A second factor that the user has: what can be used.
    Challenge(Vec<&'static str>),
    /// A second factor, of which the user has none yet.
    Enrolment,
}

impl Need {
    /// A user who has a factor is asked for it, whether or not the environment requires one.
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

    /// What the ticket of such a sign-in opens, and what it lists; none where no ticket is needed.
    pub(super) fn ticket(self) -> Option<(TicketPurpose, Vec<&'static str>)> {
        match self {
            Self::Nothing => None,
            Self::Challenge(methods) => Some((TicketPurpose::Challenge, methods)),
            Self::Enrolment => Some((TicketPurpose::Enroll, vec![ENROLL])),
        }
    }
}

/// What the second factors of a user offer.
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
