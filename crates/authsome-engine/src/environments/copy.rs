//! Cloning an environment: its settings are copied, its users are not.

use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType, SettingsPatch};
use authsome_core::error::Error;
use authsome_core::id::EnvironmentId;
use authsome_core::webhook::{ADDRESS_RULE, is_address};
use serde_json::json;

use super::{EnvironmentSetup, Environments, NewEnvironment, WebhookSetup, row};

/// A new clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentCopy {
    /// Name for people, 1 to 200 characters.
    pub name: String,
    /// Slug. Default: made from the name.
    pub slug: Option<String>,
    /// The type of the clone.
    pub kind: EnvironmentType,
    /// Settings in which the clone differs from its source.
    pub settings: SettingsPatch,
    /// The address of the clone's webhooks, so that its events do not reach the source's addresses. Default: each keeps
    /// its own.
    pub webhook_url: Option<String>,
}

impl Environments {
    /// Makes an environment with the settings, forms and webhooks of another one, and the rows that plugins copy. The
    /// webhooks get new secrets and are switched off. Users, sessions, organizations with their branding, keys and
    /// events are not copied.
    ///
    /// # Errors
    /// `not_found` if the source is gone; `invalid_request`; `conflict` if the slug is taken; `unavailable`.
    pub async fn copy(&self, source: EnvironmentId, copy: &EnvironmentCopy) -> Result<Environment, Error> {
        if copy.webhook_url.as_deref().is_some_and(|url| !is_address(url)) {
            return Err(Error::invalid("webhook_url", ADDRESS_RULE));
        }
        let now = self.foundation.now();
        self.foundation
            .change(|tx| async move {
                self.lock(&*tx).await?;
                let rows = self.rows(source, &*tx).await?;
                let source = &rows.environment;
                let setup = copied(rows.setup(), copy);
                let environment = row(&self.foundation, self.app, &setup.environment, &source.settings, now)?;
                self.write_new(&environment, &setup, &*tx).await?;
                for plugin in &self.foundation.plugins.environment_data {
                    plugin.copy(&source.scope(), &environment.scope(), now, &*tx).await?;
                }
                let data = json!({ "source": source.id, "slug": environment.slug, "type": environment.kind });
                self.event(now, "environment.cloned", environment.id, data)?.insert(&self.app, &*tx).await?;
                Ok::<_, Error>(environment)
            })
            .await
    }
}

/// What a clone is set to, whose source is set to `setup`.
fn copied(setup: EnvironmentSetup, copy: &EnvironmentCopy) -> EnvironmentSetup {
    let mut settings = setup.environment.settings.fitting(copy.kind);
    settings.patch(copy.settings.clone());
    let environment =
        NewEnvironment { slug: copy.slug.clone(), settings, ..NewEnvironment::new(&copy.name, copy.kind) };
    let webhooks = setup.webhooks.into_iter().map(|webhook| {
        let url = copy.webhook_url.clone().unwrap_or(webhook.url);
        WebhookSetup { url, enabled: false, ..webhook }
    });
    EnvironmentSetup { environment, webhooks: webhooks.collect(), forms: setup.forms }
}
