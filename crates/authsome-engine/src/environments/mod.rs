//! [`Environments`]: the environments of an app.

mod change;
mod copy;
mod delete;
mod new;
mod setup;

use std::sync::Arc;

use authsome_context::{Foundation, settings};
use authsome_core::app::App;
use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::environment::{Environment, Sourced};
use authsome_core::error::{Code, Error};
use authsome_core::event::AppEvent;
use authsome_core::id::{AppId, EnvironmentId};
use authsome_core::route::Principal;
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use serde_json::{Value, json};

pub use change::EnvironmentPatch;
pub use copy::EnvironmentCopy;
pub use new::NewEnvironment;
pub(crate) use new::row;
pub use setup::{EnvironmentSetup, WebhookSetup};

/// The environments of an app.
#[derive(Clone, Debug)]
pub struct Environments {
    foundation: Arc<Foundation>,
    app: AppId,
    principal: Option<Principal>,
}

impl Environments {
    pub(crate) const fn new(foundation: Arc<Foundation>, app: AppId) -> Self {
        Self { foundation, app, principal: None }
    }

    /// The same environments, acted on by this principal: events name it. The administrator's token reaches any of the
    /// app's, a session or a key its own alone.
    #[must_use]
    pub fn acting(self, principal: &Principal) -> Self {
        Self { principal: Some(principal.clone()), ..self }
    }

    /// The one environment that can be reached; `None` where all of the app's can.
    fn only(&self) -> Result<Option<EnvironmentId>, Error> {
        match &self.principal {
            None | Some(Principal::Administrator) => Ok(None),
            Some(Principal::Session(session)) => Ok(Some(session.scope.env_id)),
            Some(Principal::ApiKey(key)) => Ok(Some(key.scope.env_id)),
            Some(Principal::Anonymous) => Err(Error::new(Code::Unauthenticated, "send a credential")),
        }
    }

    fn require_reach(&self, id: EnvironmentId) -> Result<(), Error> {
        if self.only()?.is_none_or(|only| only == id) { Ok(()) } else { Err(Error::not_found()) }
    }

    /// The environment with this id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.require_reach(id)?;
        self.foundation.store.environment(self.app, id).await?.ok_or_else(Error::not_found)
    }

    /// The environment with this slug.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get_by_slug(&self, slug: &str) -> Result<Environment, Error> {
        // No slug has U+0000, and no store is asked for one.
        let found =
            if slug.contains('\0') { None } else { self.foundation.store.environment_by_slug(self.app, slug).await? };
        let found = found.ok_or_else(Error::not_found)?;
        self.require_reach(found.id)?;
        Ok(found)
    }

    /// The app's default environment.
    ///
    /// # Errors
    /// `not_found` where the app is gone, `unavailable`.
    pub async fn get_default(&self) -> Result<Environment, Error> {
        self.foundation.store.default_environment(self.app).await?.ok_or_else(Error::not_found)
    }

    /// A page of the environments that can be reached, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, page: Page<EnvironmentId>) -> Result<Listed<Environment, EnvironmentId>, Error> {
        let Some(only) = self.only()? else {
            return Ok(self.foundation.store.list_environments(self.app, page).await?);
        };
        let data = if page.after.is_none_or(|after| only < after) { vec![self.get(only).await?] } else { Vec::new() };
        Ok(Listed { data, next_cursor: None })
    }

    /// The effective settings of an environment, each with its source.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn effective_settings(&self, id: EnvironmentId) -> Result<Sourced, Error> {
        let environment = self.get(id).await?;
        let app = self.foundation.store.app_session_config(self.app).await?;
        Ok(settings::resolve(&environment, app.as_ref(), &self.foundation))
    }

    fn event(&self, now: Timestamp, action: &str, target: EnvironmentId, data: Value) -> Result<AppEvent, Error> {
        let event = self.foundation.app_event(self.app, now, action, &target, data)?;
        Ok(AppEvent { actor: self.principal.as_ref().and_then(Principal::actor), ..event })
    }

    /// Makes changes with a rule over all environments of the app exclude each other, and refuses a deleted app.
    async fn lock(&self, tx: &dyn StoreTx) -> Result<(), Error> {
        let find = App::find(()).filter(App::ID.eq(self.app)).filter(App::DELETED_AT.is_null());
        if find.touch(tx).await? { Ok(()) } else { Err(Error::not_found()) }
    }
}

/// An environment in the data of events.
pub(crate) fn about(environment: &Environment) -> Value {
    json!({ "slug": environment.slug, "type": environment.kind })
}
