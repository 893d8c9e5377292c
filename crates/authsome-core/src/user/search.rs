//! Lists of users by the beginning of their names.
//!
//! Lists are in the order of the id, indexes on names in the order of the name, and no index has both. So the names are
//! searched first, each by its unique index and up to a limit: if few users match, the list is made of them. If many
//! match, a walk in the order of the id soon finds enough for a page.

use super::{User, UserQuery};
use crate::entity::{Column, Entity, Filter, Find, Listed, Page};
use crate::error::StoreError;
use crate::id::UserId;
use crate::identity::canonical;
use crate::records::{MAX_LIMIT, Records};
use crate::scope::Scope;
use crate::value::ColumnValue;

/// A list of users that is asked for.
pub(super) struct Search<'s> {
    scope: &'s Scope,
    query: &'s UserQuery,
    /// Canonical, not empty.
    prefix: Option<String>,
}

impl<'s> Search<'s> {
    pub(super) fn new(scope: &'s Scope, query: &'s UserQuery) -> Self {
        let prefix = query.prefix.as_deref().map(canonical).filter(|prefix| !prefix.is_empty());
        Self { scope, query, prefix }
    }

    pub(super) async fn page<R: Records + ?Sized>(
        &self,
        page: Page<UserId>,
        records: &R,
    ) -> Result<Listed<User>, StoreError> {
        match self.few(records).await? {
            Some(mut few) => {
                few.retain(|user| page.after.is_none_or(|after| user.id < after));
                Ok(Listed::cut(few, page.limit()))
            }
            None => self.walk().page(page, records).await,
        }
    }

    pub(super) async fn count<R: Records + ?Sized>(&self, records: &R) -> Result<u64, StoreError> {
        match self.few(records).await? {
            Some(few) => Ok(u64::try_from(few.len()).unwrap_or(u64::MAX)),
            None => self.walk().count(records).await,
        }
    }

    /// All matching users, greatest id first, if the search has only a prefix and few users match.
    async fn few<R: Records + ?Sized>(&self, records: &R) -> Result<Option<Vec<User>>, StoreError> {
        let Some(prefix) = self.prefix.as_deref().filter(|_| self.query.email.is_none()) else { return Ok(None) };
        let mut found = Vec::new();
        let complete = self.named(User::EMAIL_KEY, prefix, &mut found, records).await?
            && self.named(User::USERNAME_KEY, prefix, &mut found, records).await?
            && self.named(User::PHONE, prefix, &mut found, records).await?;
        if !complete {
            return Ok(None);
        }
        found.sort_unstable_by_key(|user| std::cmp::Reverse(user.id));
        found.dedup_by(|left, right| left.id == right.id);
        found.retain(|user| self.query.banned.is_none_or(|banned| user.banned == banned));
        Ok(Some(found))
    }

    /// Adds the users with a name in this column that begins with the prefix, and says whether these were all.
    async fn named<T: ColumnValue<Operand = String>, R: Records + ?Sized>(
        &self,
        column: Column<User, T>,
        prefix: &str,
        found: &mut Vec<User>,
        records: &R,
    ) -> Result<bool, StoreError> {
        // Another filter would make the request read more rows than it returns.
        let find = User::find(self.scope).filter(User::DELETED_AT.is_null()).beginning_with(column, prefix);
        let named = find.limit(MAX_LIMIT).all(records).await?;
        let complete = u32::try_from(named.len()).is_ok_and(|count| count < MAX_LIMIT);
        found.extend(named);
        Ok(complete)
    }

    fn walk(&self) -> Find<User> {
        User::find(self.scope).filter(self.filter())
    }

    fn filter(&self) -> Filter<User> {
        let mut filter = User::DELETED_AT.is_null();
        if let Some(email) = &self.query.email {
            filter = filter.and(User::EMAIL_KEY.eq(email.key()));
        }
        if let Some(prefix) = &self.prefix {
            let names = User::EMAIL_KEY
                .starts_with(prefix)
                .or(User::USERNAME_KEY.starts_with(prefix))
                .or(User::PHONE.starts_with(prefix));
            filter = filter.and(names);
        }
        match self.query.banned {
            Some(banned) => filter.and(User::BANNED.eq(banned)),
            None => filter,
        }
    }
}
