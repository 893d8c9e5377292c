//! Deleting expired rows, in bounded batches.

use authsome_context::Foundation;
use authsome_core::account::{PasswordReset, Verification};
use authsome_core::attempt::{Lockout, RateWindow};
use authsome_core::authenticator::{delete_expired, delete_rows_expired};
use authsome_core::error::Error;
use authsome_core::organization::Invitation;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::ticket::Ticket;

/// How many rows of an entity one run deletes.
const BATCH: u32 = 500;

/// Deletes a batch of each entity's expired rows, in all environments; says whether there may be more.
pub(super) async fn clean_up(foundation: &Foundation) -> Result<bool, Error> {
    let now = foundation.now();
    let store = &*foundation.store;
    foundation.leases.forget(now);
    let mut deleted = vec![
        delete_expired::<Session>(now, BATCH, store).await?,
        delete_expired::<RefreshToken>(now, BATCH, store).await?,
        delete_expired::<Verification>(now, BATCH, store).await?,
        delete_expired::<PasswordReset>(now, BATCH, store).await?,
        delete_expired::<Ticket>(now, BATCH, store).await?,
        delete_expired::<Invitation>(now, BATCH, store).await?,
        delete_expired::<Lockout>(now, BATCH, store).await?,
        delete_expired::<RateWindow>(now, BATCH, store).await?,
    ];
    for expiry in &foundation.plugins.expiries {
        deleted.push(delete_rows_expired(expiry, now, BATCH, store).await?);
    }
    Ok(deleted.into_iter().any(|count| count >= u64::from(BATCH)))
}
