//! [`Cx`]: the database that a case works on, directly or inside a transaction.

use std::sync::Arc;

use authsome_core::records::Records;
use authsome_core::store::{Store, StoreTx};

use crate::backend::Database;
use crate::failure::{Outcome, ended};

/// The database that a case works on.
pub(crate) struct Cx {
    database: Box<dyn Database>,
    store: Arc<dyn Store>,
    tx: Option<Arc<dyn StoreTx>>,
}

impl Cx {
    pub(crate) async fn new(database: Box<dyn Database>, inside: bool) -> Outcome<Self> {
        let store = database.store();
        let tx = if inside { Some(store.begin().await?) } else { None };
        Ok(Self { database, store, tx })
    }

    /// Where the case reads and writes: the store, or the transaction on it.
    pub(crate) fn db(&self) -> &dyn Records {
        match &self.tx {
            Some(tx) => tx.as_ref(),
            None => self.store.as_ref(),
        }
    }

    /// The store itself. Not for cases that run inside a transaction too.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// A second store on the same database.
    pub(crate) async fn another(&self) -> Outcome<Arc<dyn Store>> {
        Ok(self.database.another().await?)
    }

    /// Commits earlier writes, so that they survive a refusal, which ends a transaction.
    pub(crate) async fn settle(&mut self) -> Outcome {
        if let Some(tx) = self.tx.take() {
            tx.commit().await?;
            self.tx = Some(self.store.begin().await?);
        }
        Ok(())
    }

    /// Goes on after a refusal. A transaction must have ended with it, and leaves nothing since it was settled.
    pub(crate) async fn recover(&mut self) -> Outcome {
        if let Some(tx) = self.tx.take() {
            ended(tx.commit().await)?;
            drop(tx);
            self.tx = Some(self.store.begin().await?);
        }
        Ok(())
    }

    /// Ends the case: the transaction that it ran in commits.
    pub(crate) async fn finish(self) -> Outcome {
        match self.tx {
            Some(tx) => Ok(tx.commit().await?),
            None => Ok(()),
        }
    }
}
