//! Cloning an environment: its settings are copied, its users are not.

use std::collections::BTreeMap;

use authsome_context::rules::slug;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, EnvironmentType, SettingsPatch};
use authsome_core::error::Error;
use authsome_core::formconfig::FormConfig;
use authsome_core::id::{EnvironmentId, FormConfigId, TypedId, WebhookId};
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use authsome_core::webhook::{ADDRESS_RULE, Webhook, is_address};
use serde_json::json;

use super::{Environments, NewEnvironment, row};
use crate::webhooks;

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
                let source = tx.environment(self.app, source).await?.ok_or_else(Error::not_found)?;
                let environment = self.copied(&source, copy, now)?;
                tx.create_environment(self.app, &environment).await.map_err(slug::refused)?;
                self.copy_forms(&source, &environment, &*tx).await?;
                self.copy_webhooks(&source, &environment, copy.webhook_url.as_deref(), &*tx).await?;
                for plugin in &self.foundation.plugins.environment_data {
                    plugin.copy(&source.scope(), &environment.scope(), now, &*tx).await?;
                }
                let data = json!({ "source": source.id, "slug": environment.slug, "type": environment.kind });
                self.event(now, "environment.cloned", environment.id, data)?.insert(&self.app, &*tx).await?;
                Ok::<_, Error>(environment)
            })
            .await
    }

    fn copied(&self, source: &Environment, copy: &EnvironmentCopy, now: Timestamp) -> Result<Environment, Error> {
        let mut settings = source.settings.clone().fitting(copy.kind);
        settings.patch(copy.settings.clone());
        let new = NewEnvironment {
            name: copy.name.clone(),
            slug: copy.slug.clone(),
            kind: copy.kind,
            description: None,
            color: None,
            settings,
            metadata: BTreeMap::new(),
        };
        row(&self.foundation, self.app, &new, &source.settings, now)
    }

    async fn copy_forms(&self, source: &Environment, target: &Environment, tx: &dyn StoreTx) -> Result<(), Error> {
        let now = target.created_at;
        for form in FormConfig::find(&source.scope()).every(tx).await? {
            let id = FormConfigId::generate(now, &*self.foundation.entropy)?;
            let form = FormConfig { id, scope: target.scope(), created_at: now, updated_at: now, ..form };
            form.insert(&target.scope(), tx).await?;
        }
        Ok(())
    }

    async fn copy_webhooks(
        &self,
        source: &Environment,
        target: &Environment,
        url: Option<&str>,
        tx: &dyn StoreTx,
    ) -> Result<(), Error> {
        let now = target.created_at;
        for webhook in Webhook::find(&source.scope()).every(tx).await? {
            let id = WebhookId::generate(now, &*self.foundation.entropy)?;
            let webhook = Webhook {
                id,
                scope: target.scope(),
                url: url.map_or(webhook.url, ToOwned::to_owned),
                sealed_secret: webhooks::new_secret(&self.foundation, id)?,
                enabled: false,
                created_at: now,
                updated_at: now,
                ..webhook
            };
            webhook.insert(&target.scope(), tx).await?;
        }
        Ok(())
    }
}
