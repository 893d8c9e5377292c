//! [`Page`] and [`Listed`]: a part of a list.

use serde::{Deserialize, Serialize};

use super::Entity;

/// A page of a list: what to start after, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Id> {
    /// The last id of the previous page; `None` for the first page.
    pub after: Option<Id>,
    /// Its size at most; core cuts it to 1 to 200.
    pub limit: u32,
}

impl<Id> Page<Id> {
    /// The size of a page by default.
    pub const DEFAULT_LIMIT: u32 = 50;
    /// The greatest size of a page.
    pub const MAX_LIMIT: u32 = 200;

    /// How many at most, between 1 and [`MAX_LIMIT`](Self::MAX_LIMIT).
    pub(crate) fn limit(&self) -> u32 {
        self.limit.clamp(1, Self::MAX_LIMIT)
    }

    /// The first page of `limit` entities.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// The page of `limit` entities after `id`.
    #[must_use]
    pub const fn after(id: Id, limit: u32) -> Self {
        Self { after: Some(id), limit }
    }
}

impl<Id> Default for Page<Id> {
    fn default() -> Self {
        Self::first(Self::DEFAULT_LIMIT)
    }
}

/// A page of entities, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<E, Id = <E as Entity>::Id> {
    /// The entities.
    pub data: Vec<E>,
    /// What the next page starts after; `None` on the last page.
    pub next_cursor: Option<Id>,
}

impl<E, Id> Listed<E, Id> {
    /// Every entity of a list, page by page, until there are `most`.
    ///
    /// # Errors
    /// Those of `list`.
    pub async fn every<Error>(
        most: usize,
        list: impl AsyncFn(Page<Id>) -> Result<Self, Error>,
    ) -> Result<Vec<E>, Error> {
        let (mut every, mut page) = (Vec::new(), Page::first(Page::<Id>::MAX_LIMIT));
        loop {
            let listed = list(page).await?;
            every.extend(listed.data);
            match listed.next_cursor {
                Some(after) if every.len() < most => page = Page::after(after, Page::<Id>::MAX_LIMIT),
                _ => break,
            }
        }
        every.truncate(most);
        Ok(every)
    }
}

impl<E: Entity> Listed<E> {
    /// The first `limit` of the found entities. If more were found, there is a next page.
    pub(crate) fn cut(mut found: Vec<E>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = if more { found.last().map(E::entity_id) } else { None };
        Self { data: found, next_cursor }
    }
}
