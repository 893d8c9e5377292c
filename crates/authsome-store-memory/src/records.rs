//! The verbs outside of transactions: reads on a snapshot, each write in a turn of its own.

use async_trait::async_trait;
use authsome_core::error::StoreError;
use authsome_core::records::{
    CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, UpdateRequest, UpsertRequest,
};

use crate::backend::MemoryStore;

#[async_trait]
impl Records for MemoryStore {
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError> {
        self.write(|state| state.insert(&request)).await
    }

    async fn find(&self, request: FindRequest) -> Result<Vec<Row>, StoreError> {
        self.database.snapshot()?.find(&request)
    }

    async fn count(&self, request: CountRequest) -> Result<u64, StoreError> {
        self.database.snapshot()?.count(&request)
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        self.write(|state| state.update(&request)).await
    }

    async fn update_all(&self, request: UpdateRequest) -> Result<u64, StoreError> {
        self.write(|state| state.update_all(&request)).await
    }

    async fn upsert(&self, request: UpsertRequest) -> Result<Row, StoreError> {
        self.write(|state| state.upsert(&request)).await
    }

    async fn delete(&self, request: DeleteRequest) -> Result<u64, StoreError> {
        self.write(|state| state.delete(&request)).await
    }
}
