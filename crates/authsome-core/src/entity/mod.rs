//! Entities: structs that are rows of a table, and the typed requests on them.
//!
//! `#[derive(Entity)]` gives a struct its table, a typed constant for each column, and its row codec. Requests start at
//! the entity and take its scope first:
//!
//! ```ignore
//! User::find(&scope).filter(User::EMAIL_KEY.eq("a@example.com")).one(records).await?;
//! Session::update(&scope).filter(Session::ID.eq(id)).set(Session::REVOKED_AT, Some(now)).one(records).await?;
//! ```

mod column;
mod delete;
mod find;
mod page;
mod row;
mod update;
mod upsert;

use crate::error::StoreError;
use crate::records::{InsertRequest, Reach, Records, Row};
use crate::schema::TableDef;
use crate::scope::ScopeKind;
use crate::value::Ordered;

pub use authsome_macros::Entity;
pub use column::{Column, Filter};
pub use delete::Delete;
pub use find::Find;
pub use page::{Listed, Page};
#[doc(hidden)]
pub use row::{RowReader, column_of, row_of};
pub use update::Update;
pub use upsert::Upsert;

/// A struct that is a row of a table. Derived; see the crate's documentation of `authsome-macros`.
pub trait Entity: Clone + Send + Sync + Sized + 'static {
    /// How it is scoped.
    type Scope: ScopeKind;
    /// The type of its id.
    type Id: Ordered + Clone;

    /// The column of its id.
    const ID_COLUMN: Column<Self, Self::Id>;

    /// Its table.
    fn table() -> &'static TableDef;

    /// Its id.
    fn entity_id(&self) -> Self::Id;

    /// Where it lives.
    fn scope_key(&self) -> <Self::Scope as ScopeKind>::Key<'_>;

    /// Its values, in the order of the table's columns.
    fn to_row(&self) -> Row;

    /// The entity of a row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if a value does not fit.
    fn from_row(row: Row) -> Result<Self, StoreError>;

    /// Finds entities of a scope.
    fn find(key: <Self::Scope as ScopeKind>::Key<'_>) -> Find<Self> {
        Find::new(Reach::within::<Self::Scope>(key))
    }

    /// Changes entities of a scope.
    fn update(key: <Self::Scope as ScopeKind>::Key<'_>) -> Update<Self> {
        Update::new(Reach::within::<Self::Scope>(key))
    }

    /// Deletes entities of a scope.
    fn delete(key: <Self::Scope as ScopeKind>::Key<'_>) -> Delete<Self> {
        Delete::new(Reach::within::<Self::Scope>(key))
    }

    /// Inserts this entity, or changes the one that agrees with it in a unique key.
    fn upsert(&self, key: <Self::Scope as ScopeKind>::Key<'_>) -> Upsert<Self> {
        Upsert::new(Reach::within::<Self::Scope>(key), self.to_row())
    }

    /// Inserts this entity.
    fn insert<R: Records + ?Sized>(
        &self,
        key: <Self::Scope as ScopeKind>::Key<'_>,
        records: &R,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let request = insert_request(key, std::slice::from_ref(self), false);
        async move { records.insert(request?).await.map(|_| ()) }
    }

    /// Inserts this entity if nothing is in conflict with it, and says whether it did. Never ends a transaction.
    fn insert_if_absent<R: Records + ?Sized>(
        &self,
        key: <Self::Scope as ScopeKind>::Key<'_>,
        records: &R,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let request = insert_request(key, std::slice::from_ref(self), true);
        async move { records.insert(request?).await.map(|inserted| inserted == 1) }
    }

    /// Inserts up to 500 entities of one scope, all or none.
    fn insert_all<R: Records + ?Sized>(
        entities: &[Self],
        key: <Self::Scope as ScopeKind>::Key<'_>,
        records: &R,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let request = insert_request(key, entities, false);
        async move { records.insert(request?).await.map(|_| ()) }
    }
}

fn insert_request<E: Entity>(
    key: <E::Scope as ScopeKind>::Key<'_>,
    entities: &[E],
    if_absent: bool,
) -> Result<InsertRequest, StoreError> {
    let rows = entities.iter().map(E::to_row).collect();
    InsertRequest::new(E::table(), &Reach::within::<E::Scope>(key), rows, if_absent)
}
