//! [`Bare`]: the queries that a store makes, written by hand on the driver below it.

mod map;
mod mongo;
mod sql;

use anyhow::Result;
use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::secret::TokenHash;
use authsome_core::user::User;

pub(crate) use map::Maps;
pub(crate) use mongo::BareMongo;
pub(crate) use sql::{BarePostgres, BareSqlite};

/// What an application would write itself: one query each, its rows read and thrown away.
#[async_trait]
pub(crate) trait Bare: Send + Sync {
    /// Finds a session by its token's hash; how many there were.
    async fn session(&self, hash: &TokenHash) -> Result<usize>;

    /// Finds a user by the canonical form of an address; how many there were.
    async fn user(&self, scope: &Scope, email_key: &str) -> Result<usize>;

    /// Inserts a user that has an address and nothing else.
    async fn insert(&self, user: &User) -> Result<()>;

    /// Finds at most `limit` users, greatest id first; how many there were.
    async fn page(&self, scope: &Scope, after: Option<UserId>, limit: u32) -> Result<usize>;
}

/// The columns of an entity, as a list in SQL.
fn columns<E: Entity>() -> String {
    E::table().columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}
