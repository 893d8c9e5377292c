//! [`Audit`]: the events of an environment and of an app.

use authsome_context::EnvironmentContext;
use authsome_core::entity::{Column, Entity, Find, Listed, Page};
use authsome_core::error::Error;
use authsome_core::event::{AppEvent, Event};
use authsome_core::id::{AppId, EventId, TypedId};
use authsome_core::time::Timestamp;

use crate::apps::Apps;

/// A filter of events. `None` does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Who did it: an id, or `administrator`.
    pub actor: Option<String>,
    /// What was done, such as `user.created`.
    pub action: Option<String>,
    /// The id of what it was done to.
    pub target: Option<String>,
    /// At this moment or later.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

impl EventQuery {
    /// Those that are meant of what is found.
    fn narrow<E: Entity<Id = EventId>>(&self, find: Find<E>, (by, done, to): Columns<E>) -> Find<E> {
        let filters = [
            self.actor.as_ref().map(|actor| by.eq(actor)),
            self.action.as_ref().map(|action| done.eq(action)),
            self.target.as_ref().map(|target| to.eq(target)),
            // Ids rise with time, so a range of times is a range of ids.
            self.since.map(|since| E::ID_COLUMN.ge(EventId::first_at(since))),
            self.until.map(|until| E::ID_COLUMN.lt(EventId::first_at(until))),
        ];
        filters.into_iter().flatten().fold(find, Find::filter)
    }
}

/// By whom, what, and to what, in rows of what happened.
type Columns<E> = (Column<E, Option<String>>, Column<E, String>, Column<E, Option<String>>);

/// An environment's events.
#[derive(Clone, Debug)]
pub struct Audit {
    pub(crate) at: EnvironmentContext,
}

impl Audit {
    /// A page of events, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, query: &EventQuery, page: Page<EventId>) -> Result<Listed<Event, EventId>, Error> {
        let columns = (Event::ACTOR, Event::ACTION, Event::TARGET);
        let find = query.narrow(Event::find(&self.at.scope()), columns);
        Ok(find.page(page, self.at.store()).await?)
    }
}

impl Apps {
    /// A page of what happened to an app and to its environments, newest first.
    ///
    /// # Errors
    /// `not_found` if the app is gone, `unavailable`.
    pub async fn audit(
        &self,
        app: AppId,
        query: &EventQuery,
        page: Page<EventId>,
    ) -> Result<Listed<AppEvent, EventId>, Error> {
        self.get(app).await?;
        let columns = (AppEvent::ACTOR, AppEvent::ACTION, AppEvent::TARGET);
        Ok(query.narrow(AppEvent::find(&app), columns).page(page, &*self.foundation.store).await?)
    }
}
