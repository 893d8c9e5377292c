//! [`BareMongo`]: the queries on MongoDB, through its driver alone.

use anyhow::Result;
use async_trait::async_trait;
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::secret::TokenHash;
use authsome_core::user::User;
use futures::TryStreamExt;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, Document, doc};
use mongodb::options::FindOptions;
use mongodb::{Collection, Database};

use super::Bare;

/// The queries on MongoDB, through its driver alone.
pub(crate) struct BareMongo {
    sessions: Collection<Document>,
    users: Collection<Document>,
}

impl BareMongo {
    pub(crate) fn new(database: &Database) -> Self {
        Self { sessions: database.collection("authsome_sessions"), users: database.collection("authsome_users") }
    }
}

async fn count(collection: &Collection<Document>, filter: Document, options: FindOptions) -> Result<usize> {
    let found: Vec<Document> = collection.find(filter).with_options(options).await?.try_collect().await?;
    Ok(found.len())
}

fn living(scope: &Scope) -> Document {
    doc! {"app_id": scope.app_id.to_string(), "env_id": scope.env_id.to_string(), "deleted_at": null}
}

#[async_trait]
impl Bare for BareMongo {
    async fn session(&self, hash: &TokenHash) -> Result<usize> {
        let hash = Binary { subtype: BinarySubtype::Generic, bytes: hash.as_bytes().to_vec() };
        count(&self.sessions, doc! {"token_hash": hash}, FindOptions::builder().limit(1).build()).await
    }

    async fn user(&self, scope: &Scope, email_key: &str) -> Result<usize> {
        let mut filter = living(scope);
        filter.insert("email_key", email_key);
        count(&self.users, filter, FindOptions::builder().limit(1).build()).await
    }

    async fn insert(&self, user: &User) -> Result<()> {
        let now = DateTime::from_millis(user.created_at.as_millis());
        let document = doc! {
            "id": user.id.to_string(),
            "app_id": user.scope.app_id.to_string(),
            "env_id": user.scope.env_id.to_string(),
            "email": &user.email,
            "email_key": &user.email_key,
            "email_verified": false,
            "phone_verified": false,
            "metadata": "{}",
            "banned": false,
            "created_at": now,
            "updated_at": now,
        };
        self.users.insert_one(document).await?;
        Ok(())
    }

    async fn page(&self, scope: &Scope, after: Option<UserId>, limit: u32) -> Result<usize> {
        let mut filter = living(scope);
        if let Some(after) = after {
            filter.insert("id", doc! {"$lt": after.to_string()});
        }
        let options = FindOptions::builder().sort(doc! {"id": -1}).limit(i64::from(limit)).batch_size(limit).build();
        count(&self.users, filter, options).await
    }
}
