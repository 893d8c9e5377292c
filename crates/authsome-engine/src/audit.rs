//! [`Audit`]: what happened in an environment.

use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::error::Error;
use authsome_core::event::Event;
use authsome_core::id::{EventId, TypedId};
use authsome_core::time::Timestamp;

use crate::environment::EnvironmentHandle;

/// Which events are meant. What is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Done by whom: an id, or `administrator`.
    pub actor: Option<String>,
    /// What was done, such as `user.created`.
    pub action: Option<String>,
    /// Done to what: an id.
    pub target: Option<String>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

/// An environment's events.
#[derive(Clone, Debug)]
pub struct Audit {
    at: EnvironmentHandle,
}

impl Audit {
    pub(crate) const fn new(at: EnvironmentHandle) -> Self {
        Self { at }
    }

    /// A page of events, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, query: &EventQuery, page: Page<EventId>) -> Result<Listed<Event, EventId>, Error> {
        let scope = self.at.scope();
        let mut find = Event::find(&scope);
        if let Some(actor) = &query.actor {
            find = find.filter(Event::ACTOR.eq(actor));
        }
        if let Some(action) = &query.action {
            find = find.filter(Event::ACTION.eq(action));
        }
        if let Some(target) = &query.target {
            find = find.filter(Event::TARGET.eq(target));
        }
        // Ids rise with time, so that a walk in their order begins and ends where the times do.
        if let Some(since) = query.since {
            find = find.filter(Event::ID.ge(EventId::first_at(since)));
        }
        if let Some(until) = query.until {
            find = find.filter(Event::ID.lt(EventId::first_at(until)));
        }
        Ok(find.page(page, self.at.store()).await?)
    }
}
