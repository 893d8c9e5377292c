//! The check of a route's guard.

use std::time::Duration;

use authsome_core::error::{Code, Error};
use authsome_core::route::{Context, Guard, Principal};
use authsome_core::ticket::{Ticket, TicketPurpose};

/// How old the last proof of identity may be for [`Guard::RecentSession`].
pub(crate) const RECENT: Duration = Duration::from_secs(600);

/// Lets a request through, or says why not.
///
/// # Errors
/// `unauthenticated` without a credential, `forbidden` with the wrong one, `reauthentication_required`.
pub(crate) fn admit(guard: Guard, context: &Context) -> Result<(), Error> {
    match (guard, &context.principal) {
        (Guard::Public, _)
        | (Guard::Session | Guard::SessionOrPermission(_), Principal::Session(_))
        | (Guard::Permission(_) | Guard::SessionOrPermission(_) | Guard::Administrator, Principal::Administrator) => {
            Ok(())
        }
        (Guard::Permission(wanted) | Guard::SessionOrPermission(wanted), Principal::ApiKey(key))
            if wanted.is_among(&key.permissions) =>
        {
            Ok(())
        }
        (Guard::Ticket, _) => ticket(context, TicketPurpose::Challenge),
        (Guard::RecentSessionOrTicket, _) if context.credential.is_some() => ticket(context, TicketPurpose::Enroll),
        (Guard::RecentSession | Guard::RecentSessionOrTicket, Principal::Session(session)) => {
            if context.now.since(session.authenticated_at) <= RECENT {
                Ok(())
            } else {
                Err(Error::new(
                    Code::ReauthenticationRequired,
                    "the last proof of identity is more than 10 minutes old",
                ))
            }
        }
        (_, Principal::Anonymous) => Err(Error::new(Code::Unauthenticated, "send a credential")),
        // A session's permissions come from roles, which do not exist yet.
        (_, Principal::Session(_) | Principal::ApiKey(_) | Principal::Administrator) => {
            Err(Error::new(Code::Forbidden, "the credential does not allow this"))
        }
    }
}

/// The refusal of a credential that does not open the route.
fn ticket(context: &Context, purpose: TicketPurpose) -> Result<(), Error> {
    let ticket: &Ticket = context.ticket()?;
    if ticket.purpose == purpose && context.now < ticket.expires_at { Ok(()) } else { Err(Error::invalid_token()) }
}
