//! Making event rows, which are written in the transaction of the change that they tell of.

use std::fmt::Display;

use authsome_core::entropy::EntropyError;
use authsome_core::event::{AppEvent, Event};
use authsome_core::id::{AppId, EventId, TypedId};
use authsome_core::time::Timestamp;
use serde_json::Value;

use crate::environment::EnvironmentContext;
use crate::foundation::Foundation;

impl EnvironmentContext {
    /// An event of this environment, with the context's actor.
    ///
    /// # Errors
    /// Where randomness fails.
    pub fn event(
        &self,
        now: Timestamp,
        action: &str,
        target: &impl Display,
        data: Value,
    ) -> Result<Event, EntropyError> {
        Ok(Event {
            id: EventId::generate(now, self.entropy())?,
            scope: self.scope(),
            action: action.to_owned(),
            actor: self.actor().map(ToOwned::to_owned),
            target: Some(target.to_string()),
            data,
            ip: self.client().ip.map(|ip| ip.to_string()),
            user_agent: self.client().user_agent.clone(),
            created_at: now,
        })
    }

    /// The same, with this user as the actor if the context has none.
    ///
    /// # Errors
    /// Where randomness fails.
    pub fn event_by(
        &self,
        user: &impl Display,
        now: Timestamp,
        action: &str,
        target: &impl Display,
        data: Value,
    ) -> Result<Event, EntropyError> {
        let mut event = self.event(now, action, target, data)?;
        event.actor.get_or_insert_with(|| user.to_string());
        Ok(event)
    }
}

impl Foundation {
    /// An event of an app.
    ///
    /// # Errors
    /// Where randomness fails.
    pub fn app_event(
        &self,
        app: AppId,
        now: Timestamp,
        action: &str,
        target: &impl Display,
        data: Value,
    ) -> Result<AppEvent, EntropyError> {
        Ok(AppEvent {
            id: EventId::generate(now, &*self.entropy)?,
            app_id: app,
            action: action.to_owned(),
            actor: None,
            target: Some(target.to_string()),
            data,
            created_at: now,
        })
    }
}

/// The data of an event without further details.
#[must_use]
pub fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}
