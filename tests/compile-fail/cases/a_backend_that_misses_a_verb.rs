//! A backend has every verb, or it is none.

use authsome_core::error::StoreError;
use authsome_core::records::{
    CountRequest, FindRequest, InsertRequest, Records, Row, UpdateRequest, UpsertRequest,
};

struct Backend;

#[async_trait::async_trait]
impl Records for Backend {
    async fn insert(&self, _: InsertRequest) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn find(&self, _: FindRequest) -> Result<Vec<Row>, StoreError> {
        Ok(Vec::new())
    }

    async fn count(&self, _: CountRequest) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn update(&self, _: UpdateRequest) -> Result<Option<Row>, StoreError> {
        Ok(None)
    }

    async fn update_all(&self, _: UpdateRequest) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn upsert(&self, _: UpsertRequest) -> Result<Row, StoreError> {
        Ok(Row::new())
    }
}

fn main() {}
