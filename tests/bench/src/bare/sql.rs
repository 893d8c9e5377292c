//! [`BareSqlite`], [`BarePostgres`]: the queries on SQL databases, through sqlx alone.

use anyhow::Result;
use async_trait::async_trait;
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::secret::TokenHash;
use authsome_core::session::Session;
use authsome_core::user::User;
use sea_orm::sqlx::{AssertSqlSafe, PgPool, SqlitePool, query};

use super::{Bare, columns};

/// The queries, on one of sqlx's drivers: their types have little in common that could be named.
macro_rules! bare {
    ($(#[$doc:meta])* $name:ident, $pool:ty, $now:literal) => {
        $(#[$doc])*
        pub(crate) struct $name {
            reader: $pool,
            writer: $pool,
            session: String,
            user: String,
            insert: &'static str,
            first_page: String,
            next_page: String,
        }

        impl $name {
            pub(crate) fn new(reader: $pool, writer: $pool) -> Self {
                let (session, user) = (columns::<Session>(), columns::<User>());
                let living = format!("SELECT {user} FROM authsome_users WHERE app_id = $1 AND env_id = $2 AND deleted_at IS NULL");
                Self {
                    reader,
                    writer,
                    session: format!("SELECT {session} FROM authsome_sessions WHERE token_hash = $1"),
                    user: format!("{living} AND email_key = $3"),
                    insert: concat!(
                            "INSERT INTO authsome_users (app_id, env_id, id, email, email_key, email_verified, phone_verified, ",
                            "metadata, banned, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, false, false, '{}', false, ",
                            $now, ", ", $now, ")",
                        ),
                    first_page: format!("{living} ORDER BY id DESC LIMIT $3"),
                    next_page: format!("{living} AND id < $3 ORDER BY id DESC LIMIT $4"),
                }
            }
        }

        #[async_trait]
        impl Bare for $name {
            async fn session(&self, hash: &TokenHash) -> Result<usize> {
                let query = query(AssertSqlSafe(self.session.as_str())).bind(hash.as_bytes().as_slice());
                Ok(query.fetch_all(&self.reader).await?.len())
            }

            async fn user(&self, scope: &Scope, email_key: &str) -> Result<usize> {
                let query = query(AssertSqlSafe(self.user.as_str())).bind(scope.app_id.to_string()).bind(scope.env_id.to_string());
                Ok(query.bind(email_key).fetch_all(&self.reader).await?.len())
            }

            async fn insert(&self, user: &User) -> Result<()> {
                let query = query(self.insert)
                    .bind(user.scope.app_id.to_string())
                    .bind(user.scope.env_id.to_string())
                    .bind(user.id.to_string())
                    .bind(user.email.as_str())
                    .bind(user.email_key.as_str());
                query.execute(&self.writer).await?;
                Ok(())
            }

            async fn page(&self, scope: &Scope, after: Option<UserId>, limit: u32) -> Result<usize> {
                let sql = if after.is_some() { &self.next_page } else { &self.first_page };
                let mut query = query(AssertSqlSafe(sql.as_str())).bind(scope.app_id.to_string()).bind(scope.env_id.to_string());
                if let Some(after) = after {
                    query = query.bind(after.to_string());
                }
                Ok(query.bind(i64::from(limit)).fetch_all(&self.reader).await?.len())
            }
        }
    };
}

bare! {
    /// The queries on SQLite.
    BareSqlite, SqlitePool, "unixepoch() * 1000"
}
bare! {
    /// The queries on PostgreSQL.
    BarePostgres, PgPool, "now()"
}
