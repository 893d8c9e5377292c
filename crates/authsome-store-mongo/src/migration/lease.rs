//! [`Lease`]: the lock of a run, which a crashed holder loses.

use std::time::Duration;

use authsome_core::error::StoreError;
use authsome_core::migration::MigrateError;
use mongodb::Database;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::error::Result;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::error::{duplicate, store_error};
use crate::operations::Operations;
use crate::transaction::{GENERATION, LEASE, LEASE_ID};

/// How long it lasts without its holder, by the server's clock, in milliseconds.
const LASTS_MS: i64 = 10_000;
/// How often its holder renews it.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How long to wait before it is asked for again.
const PAUSE: Duration = Duration::from_millis(100);

/// The lock, unless another process has it.
pub(super) struct Lease {
    database: Database,
    holder: ObjectId,
    heartbeat: JoinHandle<()>,
    released: bool,
}

fn extended() -> Document {
    doc! {"$add": ["$$NOW", LASTS_MS]}
}

impl Lease {
    /// Takes it, waiting for its holder, at most this long.
    pub(super) async fn take(database: &Database, patience: Duration) -> std::result::Result<Self, MigrateError> {
        let holder = ObjectId::new();
        let taken = tokio::time::timeout(patience, async {
            while !try_take(database, holder).await? {
                tokio::time::sleep(PAUSE).await;
            }
            Ok(())
        });
        taken.await.map_err(|_| MigrateError::Locked)?.map_err(|error| store_error(&error))?;
        let beating = database.clone();
        let heartbeat = tokio::spawn(async move {
            loop {
                tokio::time::sleep(HEARTBEAT).await;
                match renew(&beating, holder).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => tracing::debug!(error = %store_error(&error), "the lease was not renewed"),
                }
            }
        });
        Ok(Self { database: database.clone(), holder, heartbeat, released: false })
    }

    /// That it is still held. The heartbeat alone renews it: a write here would be in the way of the transaction that
    /// comes after it.
    ///
    /// # Errors
    /// [`StoreError::Aborted`] where somebody else took it.
    pub(super) async fn hold(&self) -> std::result::Result<(), StoreError> {
        let locks = self.database.collection::<Document>(LEASE);
        match locks.find_one(doc! {"_id": LEASE_ID, "holder": self.holder}).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(StoreError::contention()),
            Err(error) => Err(store_error(&error)),
        }
    }

    /// The same in a transaction, whose commit then excludes that somebody took it meanwhile.
    pub(super) async fn hold_within(&self, operations: &mut Operations<'_>) -> Result<bool> {
        let held = doc! {"_id": LEASE_ID, "holder": self.holder};
        Ok(operations.update_one(LEASE, held, doc! {"$inc": {GENERATION: 1_i64}}).await?.is_some())
    }

    pub(super) async fn release(mut self) -> std::result::Result<(), StoreError> {
        self.released = true;
        self.heartbeat.abort();
        release(&self.database, self.holder).await.map_err(|error| store_error(&error))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
        if let (false, Ok(runtime)) = (self.released, Handle::try_current()) {
            let (database, holder) = (self.database.clone(), self.holder);
            // Without it the next run waits until the lease ends.
            runtime.spawn(async move { release(&database, holder).await });
        }
    }
}

async fn try_take(database: &Database, holder: ObjectId) -> Result<bool> {
    let locks = database.collection::<Document>(LEASE);
    let free = doc! {"holder": Bson::Null, "expires_at": DateTime::from_millis(0)};
    match locks.update_one(doc! {"_id": LEASE_ID}, doc! {"$setOnInsert": free}).upsert(true).await {
        Err(error) if duplicate(&error).is_none() => return Err(error),
        _ => {}
    }
    let is_over = doc! {"_id": LEASE_ID, "$expr": {"$lte": ["$expires_at", "$$NOW"]}};
    let mine = vec![doc! {"$set": {"holder": holder, "expires_at": extended()}}];
    Ok(locks.update_one(is_over, mine).await?.matched_count == 1)
}

async fn renew(database: &Database, holder: ObjectId) -> Result<bool> {
    let locks = database.collection::<Document>(LEASE);
    let longer = vec![doc! {"$set": {"expires_at": extended()}}];
    Ok(locks.update_one(doc! {"_id": LEASE_ID, "holder": holder}, longer).await?.matched_count == 1)
}

async fn release(database: &Database, holder: ObjectId) -> Result<()> {
    let locks = database.collection::<Document>(LEASE);
    let free = doc! {"$set": {"holder": Bson::Null, "expires_at": DateTime::from_millis(0)}};
    locks.update_one(doc! {"_id": LEASE_ID, "holder": holder}, free).await.map(|_| ())
}
