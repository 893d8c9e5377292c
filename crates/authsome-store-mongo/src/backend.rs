//! [`MongoStore`].

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::forward_records;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::schema::TableDef;
use authsome_core::store::{Store, StoreTx};
use mongodb::Database;
use mongodb::bson::doc;

use crate::concern::primary;
use crate::error::store_error;
use crate::shared::Shared;
use crate::transaction::{MongoTx, begin, run_alone};
use crate::verbs::{UpdateAll, UpdateOne, Verb};

/// Authsome on MongoDB.
pub struct MongoStore {
    pub(crate) shared: Arc<Shared>,
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore").field("database", &self.shared.database.name()).finish_non_exhaustive()
    }
}

impl MongoStore {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// The database, for operations of one's own.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.shared.database
    }

    async fn run<V: Verb>(&self, table: &TableDef, verb: V) -> Result<V::Output, StoreError> {
        self.shared.check_open()?;
        self.shared
            .in_time(async {
                let shared = &*self.shared;
                shared.catalogue.check(&shared.database, table).await?;
                match verb.at_once(&mut shared.operations()).await {
                    Ok(Some(output)) => Ok(output),
                    Ok(None) => run_alone(shared, table, &verb).await,
                    Err(failure) => match shared.resolve(failure).await {
                        error if error.is_transient() => run_alone(shared, table, &verb).await,
                        error => Err(error),
                    },
                }
            })
            .await
    }
}

forward_records! {
    impl Records for MongoStore: |store, verb, request| { store.run(request.table(), request).await }
    update { store.run(request.table(), UpdateOne(request)).await }
    update_all { store.run(request.table(), UpdateAll(request)).await }
}

#[async_trait]
impl Store for MongoStore {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        self.shared.check_open()?;
        let session = self.shared.in_time(begin(&self.shared)).await?;
        Ok(Arc::new(MongoTx::new(Arc::clone(&self.shared), session)))
    }

    async fn migrate(&self, plugins: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        authsome_migrate::up(self, plugins, &*self.shared.settings.clock).await
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        self
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.shared.check_open()?;
        let ping = async {
            let ping = self.shared.database.run_command(doc! {"ping": 1}).selection_criteria(primary());
            ping.await.map(|_| ()).map_err(|error| StoreError::unavailable(store_error(&error)))
        };
        self.shared.in_time(ping).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.shared.close().await;
        Ok(())
    }
}
