//! MongoDB databases on the replica set that the environment names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use authsome_conformance::{Backend, Database, prepare};
use authsome_core::error::Cause;
use authsome_core::store::Store;
use authsome_store_mongo::MongoStore;
use futures::TryStreamExt;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::options::{Acknowledgment, CollectionOptions, WriteConcern};
use mongodb::{Client, Collection};
use tokio::runtime::Builder;
use tokio::sync::OnceCell;

use crate::database_server::MONGODB_VARIABLE;

/// MongoDB databases. To make the collections with their indexes takes long, so a prepared database is used again: what a
/// case left is deleted, and what the preparation wrote is written again.
#[derive(Debug, Default)]
pub struct MongoBackend {
    pool: OnceCell<Arc<Pool>>,
    template: OnceCell<Template>,
}

/// The collections of a prepared database with their documents.
type Template = Vec<(String, Vec<Document>)>;

#[derive(Debug)]
struct Pool {
    url: String,
    /// The stores' connections.
    client: Client,
    /// Those of the pool itself. They have sessions of their own: a session whose last write the majority does not have
    /// yet makes the next transaction in it fail.
    keeper: Client,
    /// Begins the names of this process's databases.
    prefix: String,
    number: AtomicU32,
    left: Mutex<Left>,
}

/// Databases that nobody uses any more.
#[derive(Debug, Default)]
struct Left {
    prepared: Vec<String>,
    others: Vec<String>,
}

#[derive(Debug)]
struct MongoDatabase {
    store: Arc<MongoStore>,
    name: String,
    prepared: bool,
    pool: Arc<Pool>,
}

impl Pool {
    async fn open() -> Result<Arc<Self>, Cause> {
        let url = std::env::var(MONGODB_VARIABLE).map_err(|_| {
            format!(
                "{MONGODB_VARIABLE} is not set: run `cargo xtask test`, or set what `cargo xtask servers up` prints"
            )
        })?;
        let client = MongoStore::connect(&url).await?.database().client().clone();
        let prefix = format!("authsome_test_{}", ObjectId::new());
        let keeper = Client::with_uri_str(&url).await?;
        Ok(Arc::new(Self { url, client, keeper, prefix, number: AtomicU32::default(), left: Mutex::default() }))
    }

    fn left<T>(&self, work: impl FnOnce(&mut Left) -> T) -> T {
        work(&mut self.left.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A store on the database as another process would have it, but for the connections.
    async fn store(&self, name: &str) -> Result<Arc<MongoStore>, Cause> {
        Ok(Arc::new(MongoStore::from_client(self.client.clone(), name).await?))
    }

    async fn database(self: &Arc<Self>, name: String, prepared: bool) -> Result<MongoDatabase, Cause> {
        Ok(MongoDatabase { store: self.store(&name).await?, name, prepared, pool: Arc::clone(self) })
    }

    async fn make(self: &Arc<Self>, prepared: bool) -> Result<MongoDatabase, Cause> {
        for name in self.left(|left| std::mem::take(&mut left.others)) {
            self.keeper.database(&name).drop().await?;
        }
        let name = format!("{}_{}", self.prefix, self.number.fetch_add(1, Ordering::Relaxed));
        self.database(name, prepared).await
    }

    /// A collection, and who must have what is written to it.
    fn collection(&self, database: &str, name: &str, had_by: Acknowledgment) -> Collection<Document> {
        let mut concern = WriteConcern::default();
        concern.w = Some(had_by);
        let mut options = CollectionOptions::default();
        options.write_concern = Some(concern);
        self.keeper.database(database).collection_with_options(name, options)
    }

    async fn copy(&self, name: &str) -> Result<Template, Cause> {
        let mut template = Template::new();
        for collection in self.keeper.database(name).list_collection_names().await? {
            let documents = self.collection(name, &collection, 1.into()).find(doc! {}).await?.try_collect().await?;
            template.push((collection, documents));
        }
        Ok(template)
    }

    /// Which of the collections hold something. One question for all of them.
    async fn filled(&self, name: &str, template: &Template) -> Result<Vec<String>, Cause> {
        let found = |name: &str| vec![doc! {"$limit": 1}, doc! {"$project": {"_id": 0, "found": {"$literal": name}}}];
        let Some(((first, _), others)) = template.split_first() else { return Ok(Vec::new()) };
        let mut pipeline = found(first);
        pipeline.extend(others.iter().map(|(other, _)| doc! {"$unionWith": {"coll": other, "pipeline": found(other)}}));
        let filled: Vec<Document> =
            self.collection(name, first, 1.into()).aggregate(pipeline).await?.try_collect().await?;
        Ok(filled.iter().filter_map(|found| found.get_str("found").ok().map(str::to_owned)).collect())
    }

    /// Makes a database what the template says, and says whether that was possible.
    async fn restore(&self, name: &str, template: &Template) -> Result<bool, Cause> {
        let there = self.keeper.database(name).list_collection_names().await?;
        for extra in there.iter().filter(|name| !template.iter().any(|(kept, _)| kept == *name)) {
            self.collection(name, extra, 1.into()).drop().await?;
        }
        if template.iter().any(|(kept, _)| !there.contains(kept)) {
            return Ok(false);
        }
        let filled = self.filled(name, template).await?;
        for (collection, documents) in template {
            let documents_of = self.collection(name, collection, 1.into());
            if filled.contains(collection) {
                documents_of.delete_many(doc! {}).await?;
            }
            if !documents.is_empty() {
                documents_of.insert_many(documents).await?;
            }
        }
        // A transaction sees what the majority has, and this waits until that is everything before it.
        let nothing = doc! {"_id": {"$in": []}};
        self.collection(name, "authsome_locks", Acknowledgment::Majority).delete_many(nothing).await?;
        Ok(true)
    }
}

impl MongoBackend {
    async fn pool(&self) -> Result<&Arc<Pool>, Cause> {
        self.pool.get_or_try_init(Pool::open).await
    }
}

#[async_trait]
impl Backend for MongoBackend {
    fn name(&self) -> &str {
        "mongodb"
    }

    async fn empty(&self) -> Result<Box<dyn Database>, Cause> {
        Ok(Box::new(self.pool().await?.make(false).await?))
    }

    async fn prepared(&self) -> Result<Box<dyn Database>, Cause> {
        let pool = self.pool().await?;
        if let (Some(template), Some(name)) = (self.template.get(), pool.left(|left| left.prepared.pop())) {
            if pool.restore(&name, template).await? {
                return Ok(Box::new(pool.database(name, true).await?));
            }
            pool.left(|left| left.others.push(name));
        }
        let database = pool.make(true).await?;
        prepare(database.store.as_ref()).await?;
        self.template.get_or_try_init(|| pool.copy(&database.name)).await?;
        Ok(Box::new(database))
    }
}

#[async_trait]
impl Database for MongoDatabase {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<MongoStore>::clone(&self.store)
    }

    async fn another(&self) -> Result<Arc<dyn Store>, Cause> {
        Ok(self.pool.store(&self.name).await?)
    }
}

impl Drop for MongoDatabase {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        let prepared = self.prepared;
        self.pool.left(|left| if prepared { left.prepared.push(name) } else { left.others.push(name) });
    }
}

/// Takes the databases from the server, on a thread of its own: a destructor cannot wait. A server that is gone has
/// nothing to take away.
impl Drop for Pool {
    fn drop(&mut self) {
        let Left { prepared, others } = self.left(std::mem::take);
        let url = self.url.clone();
        let dropped = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let client = Client::with_uri_str(&url).await?;
                for name in prepared.iter().chain(&others) {
                    client.database(name).drop().await?;
                }
                client.shutdown().await;
                Ok::<_, Cause>(())
            })
        });
        let _ = dropped.join();
    }
}
