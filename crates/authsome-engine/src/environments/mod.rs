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
use authsome_core::error::Error;
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
    actor: Option<String>,
}

impl Environments {
    pub(crate) const fn new(foundation: Arc<Foundation>, app: AppId) -> Self {
        Self { foundation, app, actor: None }
    }

    /// The same environments, with this principal as the actor of events.
    #[must_use]
    pub fn acting(self, principal: &Principal) -> Self {
        Self { actor: principal.actor(), ..self }
    }

    /// The environment with this id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get(&self, id: EnvironmentId) -> Result<Environment, Error> {
        self.foundation.store.environment(self.app, id).await?.ok_or_else(Error::not_found)
    }

    /// The environment with this slug.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn by_slug(&self, slug: &str) -> Result<Environment, Error> {
        self.foundation.store.environment_by_slug(self.app, slug).await?.ok_or_else(Error::not_found)
    }

    /// The app's default environment.
    ///
    /// # Errors
    /// `not_found` if the app is gone, `unavailable`.
    pub async fn default(&self) -> Result<Environment, Error> {
        self.foundation.store.default_environment(self.app).await?.ok_or_else(Error::not_found)
    }

    /// A page of the app's environments, newest first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, page: Page<EnvironmentId>) -> Result<Listed<Environment, EnvironmentId>, Error> {
        Ok(self.foundation.store.list_environments(self.app, page).await?)
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
        Ok(AppEvent { actor: self.actor.clone(), ..event })
    }

    /// Makes changes with a rule over all environments of the app exclude each other.
    async fn lock(&self, tx: &dyn StoreTx) -> Result<(), Error> {
        lock_app(self.app, tx).await
    }
}

/// Makes transactions that call it for one app exclude each other, and refuses a deleted app.
pub(crate) async fn lock_app(app: AppId, tx: &dyn StoreTx) -> Result<(), Error> {
    let find = App::find(()).filter(App::ID.eq(app)).filter(App::DELETED_AT.is_null());
    if find.touch(tx).await? { Ok(()) } else { Err(Error::not_found()) }
}

/// An environment in the data of events.
pub(crate) fn about(environment: &Environment) -> Value {
    json!({ "slug": environment.slug, "type": environment.kind })
}
