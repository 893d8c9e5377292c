//! Going on with a sign-in that waits for a second factor.

use authsome_context::EnvironmentContext;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error};
use authsome_core::plugin::{Moment, Proof, SignInOutcome};
use authsome_core::store::StoreTx;
use authsome_core::ticket::{Ticket, TicketPurpose};

use super::Auth;
use super::complete::{SessionDraft, require_admitted, touch};
use super::need::{SEVERAL_FACTORS, offers};

impl Auth {
    /// Goes on with a half-done sign-in by a second factor, or by the enrolment of the user's first one. The ticket and
    /// the proof are used up in the transaction that makes the session.
    ///
    /// # Errors
    /// `invalid_token` if the ticket was used or is expired, or if it is for enrolment and the user has a factor by
    /// now; those of [`Auth::complete_sign_in`].
    pub async fn resume(&self, ticket: &Ticket, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        let (at, now, method) = (&self.at, self.at.now(), ticket.method.as_str());
        at.require_method(method)?;
        let scope = &at.scope();
        let user = at.store().user(scope, ticket.user_id).await?.ok_or_else(Error::invalid_token)?;
        require_admitted(&user, at.settings())?;
        at.before(now, Moment::SignIn { user: &user, method }).await?;
        let draft = SessionDraft::new(at, user.id, Proof { method, amr: &amr(ticket, &proof), ..proof }, now).await?;
        at.before(now, Moment::SessionCreate { session: draft.session() }).await?;
        let draft_ref = &draft;
        let (user, session) = at
            .transaction(|tx| async move {
                let tx: &dyn StoreTx = &*tx;
                let at = at.require_still_active(tx).await?;
                at.require_method(method)?;
                let user = touch(scope, ticket.user_id, tx).await.map_err(gone)?;
                require_admitted(&user, at.settings())?;
                redeem(&at, ticket, tx).await?;
                proof.redeem.redeem(&user, tx).await?;
                let session = draft_ref.write(&at, tx).await?;
                Ok::<_, Error>((user, session))
            })
            .await?;
        Ok(SignInOutcome::SignedIn(Box::new(draft.issue(at, user, session, method).await)))
    }
}

/// A ticket whose account is gone is worth nothing.
fn gone(error: Error) -> Error {
    if error.code() == Code::InvalidCredentials { Error::invalid_token() } else { error }
}

/// The proofs of both factors, each once, and that they are several.
fn amr<'a>(ticket: &'a Ticket, proof: &Proof<'a>) -> Vec<&'a str> {
    let mut amr: Vec<&str> = Vec::new();
    let given = ticket.amr.iter().map(String::as_str).chain(proof.amr.iter().copied());
    for proof in given.chain([SEVERAL_FACTORS]) {
        if !amr.contains(&proof) {
            amr.push(proof);
        }
    }
    amr
}

/// Uses a ticket up. A ticket for enrolment is void once its user has a factor: the first factor alone must not add
/// another.
async fn redeem(at: &EnvironmentContext, ticket: &Ticket, tx: &dyn StoreTx) -> Result<(), Error> {
    let delete = Ticket::delete(&at.scope()).filter(Ticket::ID.eq(ticket.id)).filter(Ticket::EXPIRES_AT.gt(at.now()));
    let is_there = delete.batch(1, tx).await? == 1;
    let is_open = match ticket.purpose {
        TicketPurpose::Challenge => true,
        TicketPurpose::Enroll => offers(at, ticket.user_id, tx).await?.is_empty(),
    };
    if is_there && is_open { Ok(()) } else { Err(Error::invalid_token()) }
}
