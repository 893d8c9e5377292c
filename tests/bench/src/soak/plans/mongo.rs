//! The plans of MongoDB, from its profiler: what it did, not what it says it would do.

use anyhow::{Result, ensure};
use authsome_core::store::Store;
use futures::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Document, doc};

use super::look_ups;
use crate::population::Population;

pub(super) async fn check(store: &dyn Store, database: &Database, population: Population) -> Result<usize> {
    database.run_command(doc! {"profile": 2}).await?;
    let looked_up = look_ups(store, population).await;
    database.run_command(doc! {"profile": 0}).await?;
    looked_up?;
    let of_tables = doc! {"ns": {"$regex": "[.]authsome_"}, "planSummary": {"$exists": true}};
    let done: Vec<Document> = database.collection("system.profile").find(of_tables).await?.try_collect().await?;
    for operation in &done {
        let plan = operation.get_str("planSummary").unwrap_or_default();
        let command = operation.get_document("command").cloned().unwrap_or_default();
        let sorts = operation.get_bool("hasSortStage").unwrap_or(false);
        ensure!(!plan.contains("COLLSCAN") && !sorts, "the plan of {command} is {plan}, with a sort: {sorts}");
    }
    ensure!(!done.is_empty(), "the profiler noted nothing");
    Ok(done.len())
}
