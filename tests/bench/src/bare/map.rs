//! [`Maps`]: the maps that an application would keep its people in.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use anyhow::Result;
use async_trait::async_trait;
use authsome_core::id::{TypedId, UserId};
use authsome_core::scope::Scope;
use authsome_core::secret::TokenHash;
use authsome_core::session::Session;
use authsome_core::user::User;
use ulid::Ulid;

use super::Bare;
use crate::population::Population;

/// The maps that an application would keep its people in.
#[derive(Default)]
pub(crate) struct Maps(RwLock<Rows>);

#[derive(Default)]
struct Rows {
    sessions: BTreeMap<[u8; 32], Session>,
    users: BTreeMap<(Scope, UserId), User>,
    addresses: BTreeMap<(Scope, String), UserId>,
}

impl Rows {
    fn put(&mut self, user: User) {
        self.addresses.insert((user.scope, user.email_key.clone()), user.id);
        self.users.insert((user.scope, user.id), user);
    }
}

impl Maps {
    pub(crate) fn of(population: Population) -> Result<Self> {
        let mut rows = Rows::default();
        for block in 0..population.blocks() {
            let block = population.block(block)?;
            block.users.into_iter().for_each(|user| rows.put(user));
            rows.sessions.extend(block.sessions.into_iter().map(|session| (*session.token_hash.as_bytes(), session)));
        }
        Ok(Self(RwLock::new(rows)))
    }
}

#[async_trait]
impl Bare for Maps {
    async fn session(&self, hash: &TokenHash) -> Result<usize> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(rows.sessions.get(hash.as_bytes()).cloned().into_iter().count())
    }

    async fn user(&self, scope: &Scope, email_key: &str) -> Result<usize> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let id = rows.addresses.get(&(*scope, email_key.to_owned()));
        Ok(id.and_then(|id| rows.users.get(&(*scope, *id))).cloned().into_iter().count())
    }

    async fn insert(&self, user: &User) -> Result<()> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).put(user.clone());
        Ok(())
    }

    async fn page(&self, scope: &Scope, after: Option<UserId>, limit: u32) -> Result<usize> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let least = UserId::from_ulid(Ulid::nil());
        let range = match after {
            Some(after) => rows.users.range((*scope, least)..(*scope, after)),
            None => rows.users.range((*scope, least)..=(*scope, UserId::from_ulid(Ulid::from(u128::MAX)))),
        };
        let page: Vec<User> = range.rev().take(usize::try_from(limit)?).map(|(_, user)| user.clone()).collect();
        Ok(page.len())
    }
}
