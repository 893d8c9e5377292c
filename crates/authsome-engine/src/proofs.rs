//! What proves a user for a while: mailed tokens, and tickets of half-done sign-ins.

use authsome_context::EnvironmentContext;
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::store::StoreTx;
use authsome_core::ticket::Ticket;

/// How many rows one statement deletes.
const BATCH: u32 = 500;

/// Deletes a user's mailed tokens, used or not, and tickets: they are void. Part of a transaction.
pub(crate) async fn delete_proofs(at: &EnvironmentContext, user: UserId, tx: &dyn StoreTx) -> Result<(), Error> {
    let scope = &at.scope();
    while tx.delete_user_password_resets(scope, user, BATCH).await? == u64::from(BATCH) {}
    while tx.delete_user_verifications(scope, user, BATCH).await? == u64::from(BATCH) {}
    for (_, data) in &at.foundation().plugins.user_data {
        data.void_proofs(tx, scope, user).await?;
    }
    Ok(delete_tickets(scope, user, tx).await?)
}

/// Deletes the tickets of a user's half-done sign-ins. Part of a transaction.
pub(crate) async fn delete_tickets(scope: &Scope, user: UserId, tx: &dyn StoreTx) -> Result<(), StoreError> {
    while Ticket::delete(scope).filter(Ticket::USER_ID.eq(user)).batch(BATCH, tx).await? == u64::from(BATCH) {}
    Ok(())
}
