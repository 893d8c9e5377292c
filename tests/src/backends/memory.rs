//! Databases in the process.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_conformance::{Backend, Database};
use authsome_core::error::Cause;
use authsome_core::store::Store;
use authsome_store_memory::MemoryStore;

/// Databases in the process.
#[derive(Debug)]
pub struct MemoryBackend;

struct MemoryDatabase(Arc<MemoryStore>);

#[async_trait]
impl Backend for MemoryBackend {
    fn name(&self) -> &str {
        "memory"
    }

    async fn empty(&self) -> Result<Box<dyn Database>, Cause> {
        Ok(Box::new(MemoryDatabase(Arc::new(MemoryStore::new()))))
    }
}

#[async_trait]
impl Database for MemoryDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<MemoryStore>::clone(&self.0)
    }

    async fn another(&self) -> Result<Arc<dyn Store>, Cause> {
        Ok(self.store())
    }
}
