//! [`SecondFactor`]: what a sign-in may ask for after its first proof.

use async_trait::async_trait;

use crate::error::Error;
use crate::id::UserId;
use crate::records::Records;
use crate::scope::Scope;

/// What a sign-in may ask for after its first proof.
///
/// A user who has one is asked for it at every sign-in, unless the sign-in's own proofs are several factors already.
/// The plugin's route for it has the guard [`Guard::Ticket`], takes an attempt with [`SignIns::attempt`], and goes on
/// with
/// [`SignIns::resume`]. A route that enrols one has the guard [`Guard::RecentSessionOrTicket`]; with a ticket it goes
/// on with [`SignIns::resume`] too, and its proof stores the factor.
///
/// [`Guard::Ticket`]: crate::route::Guard::Ticket
/// [`Guard::RecentSessionOrTicket`]: crate::route::Guard::RecentSessionOrTicket
/// [`SignIns::attempt`]: super::SignIns::attempt
/// [`SignIns::resume`]: super::SignIns::resume
#[async_trait]
pub trait SecondFactor: Send + Sync {
    /// Name, in `snake_case`, unique among the plugins of an engine.
    fn name(&self) -> &'static str;

    /// What a challenge offers to this user, as `methods` of `mfa_required` lists it: `totp` and `recovery_code`, say.
    /// Empty if the user does not have the factor, or has not confirmed it. Part of transactions.
    ///
    /// # Errors
    /// Those of the store.
    async fn offers(&self, scope: &Scope, user: UserId, records: &dyn Records) -> Result<Vec<&'static str>, Error>;
}
