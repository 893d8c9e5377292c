//! SQLite files in temporary folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use authsome_conformance::{Backend, Database, prepare};
use authsome_core::error::Cause;
use authsome_core::store::Store;
use authsome_store_sqlite::SqliteStore;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// SQLite files in temporary folders. A prepared database is a copy of one that was prepared before.
#[derive(Debug, Default)]
pub struct SqliteBackend {
    template: OnceCell<TempDir>,
}

struct SqliteDatabase {
    store: Arc<SqliteStore>,
    folder: TempDir,
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("authsome.db")
}

async fn open(folder: &Path) -> Result<Arc<SqliteStore>, Cause> {
    Ok(Arc::new(SqliteStore::connect(&format!("sqlite:{}", file_in(folder).display())).await?))
}

impl SqliteBackend {
    async fn template(&self) -> Result<&TempDir, Cause> {
        let made = self.template.get_or_try_init(|| async {
            let folder = TempDir::new()?;
            let store = open(folder.path()).await?;
            prepare(store.as_ref()).await?;
            store.close().await?;
            Ok::<_, Cause>(folder)
        });
        made.await
    }
}

#[async_trait]
impl Backend for SqliteBackend {
    fn name(&self) -> &str {
        "sqlite"
    }

    async fn empty(&self) -> Result<Box<dyn Database>, Cause> {
        let folder = TempDir::new()?;
        Ok(Box::new(SqliteDatabase { store: open(folder.path()).await?, folder }))
    }

    async fn prepared(&self) -> Result<Box<dyn Database>, Cause> {
        let folder = TempDir::new()?;
        std::fs::copy(file_in(self.template().await?.path()), file_in(folder.path()))?;
        Ok(Box::new(SqliteDatabase { store: open(folder.path()).await?, folder }))
    }
}

#[async_trait]
impl Database for SqliteDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<SqliteStore>::clone(&self.store)
    }

    async fn another(&self) -> Result<Arc<dyn Store>, Cause> {
        Ok(open(self.folder.path()).await?)
    }
}
