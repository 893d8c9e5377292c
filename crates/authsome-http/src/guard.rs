//! The check of a route's guard.

use std::time::Duration;

use authsome_core::error::{Code, Error};
use authsome_core::records::Records;
use authsome_core::route::{Context, Guard, Principal};
use authsome_core::ticket::{Ticket, TicketPurpose};

/// How old the last proof of identity may be for [`Guard::RecentSession`].
pub(crate) const RECENT: Duration = Duration::from_secs(600);

/// Lets a request through, or says why not.
///
/// # Errors
/// `unauthenticated` without a credential, `forbidden` with the wrong one, `reauthentication_required`, also where a user
/// with a second factor has not proven it in this session; `invalid_token` for a ticket that does not fit, also one for
/// enrolment whose user has a factor by now; those of the store.
pub(crate) async fn admit(guard: Guard, context: &Context, records: &dyn Records) -> Result<(), Error> {
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
        (Guard::RecentSessionOrTicket, _) if context.credential.is_some() => {
            ticket(context, TicketPurpose::Enroll)?;
            let factors = context.sign_ins.factors_of(context.user_id()?, records).await?;
            // The first factor alone must neither add another nor replace it.
            if factors.is_empty() { Ok(()) } else { Err(Error::invalid_token()) }
        }
        (Guard::RecentSession | Guard::RecentSessionOrTicket, Principal::Session(session)) => {
            let missing = |detail: &'static str| Err(Error::new(Code::ReauthenticationRequired, detail));
            if context.now.since(session.authenticated_at) > RECENT {
                return missing("the last proof of identity is more than 10 minutes old");
            }
            if session.has_several_factors() || context.sign_ins.factors_of(session.user_id, records).await?.is_empty()
            {
                Ok(())
            } else {
                missing("the account has a second factor: prove it")
            }
        }
        (_, Principal::Anonymous) => Err(Error::new(Code::Unauthenticated, "send a credential")),
        // A session's permissions come from roles, which do not exist yet.
        (_, Principal::Session(_) | Principal::ApiKey(_) | Principal::Administrator) => {
            Err(Error::new(Code::Forbidden, "the credential does not allow this"))
        }
    }
}

/// Accepts a ticket of this purpose, as long as it is valid.
fn ticket(context: &Context, purpose: TicketPurpose) -> Result<(), Error> {
    let ticket: &Ticket = context.ticket()?;
    if ticket.purpose == purpose && context.now < ticket.expires_at { Ok(()) } else { Err(Error::invalid_token()) }
}
