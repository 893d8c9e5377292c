//! The setup of an environment: read as a whole, and written in one step.

use std::collections::{BTreeMap, BTreeSet};

use authsome_context::rules::slug;
use authsome_context::settings;
use authsome_core::confirmation::Confirm;
use authsome_core::entity::Entity;
use authsome_core::environment::{Environment, Settings};
use authsome_core::error::{Code, Error, FieldErrors};
use authsome_core::formconfig::{FieldKind, FormConfig, FormField};
use authsome_core::id::{EnvironmentId, FormConfigId, TypedId, WebhookId};
use authsome_core::store::{StoreTx, Transactions};
use authsome_core::time::Timestamp;
use authsome_core::webhook::{ADDRESS_RULE, Webhook, is_address};

use super::{Environments, NewEnvironment, about, new, row};
use crate::webhooks::{self, WebhookSecret};

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 2_000;

/// The setup of an environment: everything except its users, its keys, and whether it is active or the default.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvironmentSetup {
    /// Its fields, with its own settings. A setup that was read has slug and colour.
    pub environment: NewEnvironment,
    /// The fields of its forms, by the form.
    pub forms: BTreeMap<String, Vec<FormField>>,
    /// Its webhooks, by their addresses.
    pub webhooks: Vec<WebhookSetup>,
}

/// A webhook of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSetup {
    /// The address, http or https, at most 2,000 characters.
    pub url: String,
    /// A description for people, at most 2,000 characters.
    pub description: Option<String>,
    /// The announced events; empty means all.
    pub events: Vec<String>,
    /// Whether events are announced to it.
    pub enabled: bool,
    /// Its secret. A setup that was read has none. Written without a secret, an existing webhook keeps its own, and a
    /// new webhook gets a new one.
    pub secret: Option<WebhookSecret>,
}

/// The rows that make up a setup.
pub(super) struct Rows {
    pub(super) environment: Environment,
    forms: Vec<FormConfig>,
    webhooks: Vec<Webhook>,
}

impl Rows {
    pub(super) fn setup(&self) -> EnvironmentSetup {
        let Environment { name, slug, kind, description, color, settings, metadata, .. } = self.environment.clone();
        let mut webhooks: Vec<WebhookSetup> = self.webhooks.iter().map(setup_of).collect();
        webhooks.sort_by(|one, other| order(one).cmp(&order(other)));
        EnvironmentSetup {
            environment: NewEnvironment {
                name,
                slug: Some(slug),
                kind,
                description,
                color: Some(color),
                settings,
                metadata,
            },
            forms: self.forms.iter().map(|form| (form.form_type.clone(), form.fields.clone())).collect(),
            webhooks,
        }
    }
}

fn setup_of(webhook: &Webhook) -> WebhookSetup {
    let Webhook { url, description, events, enabled, .. } = webhook.clone();
    WebhookSetup { url, description, events, enabled, secret: None }
}

/// By address; webhooks of one address in an order that does not depend on when they were made.
fn order(webhook: &WebhookSetup) -> (&str, Option<&str>, &[String], bool) {
    (&webhook.url, webhook.description.as_deref(), &webhook.events, webhook.enabled)
}

impl Environments {
    /// The setup of an environment.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn setup(&self, id: EnvironmentId) -> Result<EnvironmentSetup, Error> {
        let rows = self.foundation.store.transaction(|tx| async move { self.rows(id, &*tx).await }).await?;
        Ok(rows.setup())
    }

    /// Makes an environment, active and not the default.
    ///
    /// # Errors
    /// `invalid_request`, `conflict` if the slug is taken, `not_found` if the app is gone; `unavailable`.
    pub async fn create(&self, new: &NewEnvironment) -> Result<Environment, Error> {
        let before = Settings::default();
        settings::check(&self.foundation.plugins, &before, &new.settings, Some(new.kind)).into_result()?;
        self.create_set_up(&EnvironmentSetup { environment: new.clone(), forms: BTreeMap::new(), webhooks: Vec::new() })
            .await
    }

    /// Makes an environment with this setup, active and not the default.
    ///
    /// # Errors
    /// Those of [`Environments::create`], and `invalid_request` for a form or a webhook.
    pub async fn create_set_up(&self, setup: &EnvironmentSetup) -> Result<Environment, Error> {
        let now = self.foundation.now();
        check(setup)?;
        let before = kept(&Settings::default(), &setup.environment);
        let environment = &row(&self.foundation, self.app, &setup.environment, &before, now)?;
        self.foundation
            .change(|tx| async move {
                self.lock(&*tx).await?;
                self.write_new(environment, setup, &*tx).await?;
                let event = self.event(now, "environment.created", environment.id, about(environment))?;
                Ok::<_, Error>(event.insert(&self.app, &*tx).await?)
            })
            .await?;
        Ok(environment.clone())
    }

    /// Changes an environment's setup from `before` to `after`, in one step; forms and webhooks missing in `after` are
    /// removed. Without a slug it keeps its own. Webhooks are told apart by their addresses. Changing the type from
    /// production needs a confirmation.
    ///
    /// # Errors
    /// `not_found`; `conflict` if the present setup is not `before`, or the slug is taken; `invalid_request`,
    /// `confirmation_required`, `unavailable`.
    pub async fn set_up(
        &self,
        id: EnvironmentId,
        before: &EnvironmentSetup,
        after: &EnvironmentSetup,
        confirm: Confirm,
    ) -> Result<Environment, Error> {
        let now = self.foundation.now();
        check(after)?;
        self.foundation
            .change(|tx| async move {
                self.lock(&*tx).await?;
                let rows = self.rows(id, &*tx).await?;
                if rows.setup() != *before {
                    return Err(Error::new(Code::Conflict, "the environment was changed meanwhile: read it again"));
                }
                let found = &rows.environment;
                let changed = self.changed(found, &after.environment, confirm)?;
                self.write_forms(&rows, &after.forms, now, &*tx).await?;
                let webhooks = self.write_webhooks(&rows, &after.webhooks, now, &*tx).await?;
                if changed == *found && after.forms == before.forms && !webhooks {
                    return Ok(changed);
                }
                self.save(found, changed, "environment.updated", now, &*tx).await
            })
            .await
    }

    pub(super) async fn rows(&self, id: EnvironmentId, tx: &dyn StoreTx) -> Result<Rows, Error> {
        let environment = tx.environment(self.app, id).await?.ok_or_else(Error::not_found)?;
        let scope = environment.scope();
        let (forms, webhooks) = (FormConfig::find(&scope).every(tx).await?, Webhook::find(&scope).every(tx).await?);
        Ok(Rows { environment, forms, webhooks })
    }

    /// Writes a new environment with what it is set to beside what its row says.
    pub(super) async fn write_new(
        &self,
        environment: &Environment,
        setup: &EnvironmentSetup,
        tx: &dyn StoreTx,
    ) -> Result<(), Error> {
        tx.create_environment(self.app, environment).await.map_err(slug::refused)?;
        let empty = Rows { environment: environment.clone(), forms: Vec::new(), webhooks: Vec::new() };
        self.write_forms(&empty, &setup.forms, environment.created_at, tx).await?;
        self.write_webhooks(&empty, &setup.webhooks, environment.created_at, tx).await?;
        Ok(())
    }

    async fn write_forms(
        &self,
        before: &Rows,
        after: &BTreeMap<String, Vec<FormField>>,
        now: Timestamp,
        tx: &dyn StoreTx,
    ) -> Result<(), Error> {
        let scope = before.environment.scope();
        for form in before.forms.iter().filter(|form| !after.contains_key(&form.form_type)) {
            tx.delete_form_config(&scope, form.id).await?;
        }
        for (form_type, fields) in after {
            if before.forms.iter().any(|form| form.form_type == *form_type && form.fields == *fields) {
                continue;
            }
            let (form_type, fields) = (form_type.clone(), fields.clone());
            let id = FormConfigId::generate(now, &*self.foundation.entropy)?;
            let form = FormConfig { id, scope, form_type, fields, created_at: now, updated_at: now };
            tx.put_form_config(&scope, &form).await?;
        }
        Ok(())
    }

    /// Says whether something changed.
    async fn write_webhooks(
        &self,
        before: &Rows,
        after: &[WebhookSetup],
        now: Timestamp,
        tx: &dyn StoreTx,
    ) -> Result<bool, Error> {
        let scope = before.environment.scope();
        let mut left: Vec<&Webhook> = before.webhooks.iter().collect();
        // An unchanged webhook keeps its row, before another one of its address takes it.
        let mut others = Vec::new();
        for wanted in after {
            match left.iter().position(|found| setup_of(found) == *wanted) {
                Some(position) => drop(left.remove(position)),
                None => others.push(wanted),
            }
        }
        let wrote = !others.is_empty() || !left.is_empty();
        for wanted in others {
            let found = left.iter().position(|found| found.url == wanted.url).map(|position| left.remove(position));
            let WebhookSetup { url, description, events, enabled, secret } = wanted.clone();
            let id = found.map_or_else(|| WebhookId::generate(now, &*self.foundation.entropy), |found| Ok(found.id))?;
            let sealed_secret = match (secret, found) {
                (Some(secret), _) => webhooks::seal(&self.foundation, id, &secret)?,
                (None, Some(found)) => found.sealed_secret.clone(),
                (None, None) => webhooks::new_secret(&self.foundation, id)?,
            };
            let created_at = found.map_or(now, |found| found.created_at);
            let webhook =
                Webhook { id, scope, url, description, events, sealed_secret, enabled, created_at, updated_at: now };
            match found {
                Some(found) => drop(tx.update_webhook(&scope, found, &webhook).await?),
                None => tx.create_webhook(&scope, &webhook).await?,
            }
        }
        for webhook in left {
            tx.delete_webhook(&scope, webhook.id).await?;
        }
        Ok(wrote)
    }

    /// The environment's row as it is to be.
    fn changed(&self, found: &Environment, after: &NewEnvironment, confirm: Confirm) -> Result<Environment, Error> {
        let NewEnvironment { name, slug, kind, description, color, settings, metadata } = after.clone();
        let environment = Environment {
            name,
            slug: slug.unwrap_or_else(|| found.slug.clone()),
            kind,
            description,
            color: color.unwrap_or_else(|| kind.color().to_owned()),
            settings,
            metadata,
            ..found.clone()
        };
        let found = Environment { settings: kept(&found.settings, after), ..found.clone() };
        new::check_change(&self.foundation.plugins, &found, &environment, confirm)?;
        Ok(environment)
    }
}

/// Settings that an import replaces. `mfa_required` is not checked: the source may have a plugin with a second factor.
/// The import warns instead.
fn kept(before: &Settings, after: &NewEnvironment) -> Settings {
    Settings { mfa_required: after.settings.mfa_required, ..before.clone() }
}

/// Refuses invalid forms and webhooks.
fn check(setup: &EnvironmentSetup) -> Result<(), Error> {
    let mut errors = FieldErrors::default();
    let is_word = |text: &str| (1..=64).contains(&text.chars().count()) && !text.contains(char::is_control);
    for (form, fields) in &setup.forms {
        let distinct: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        errors.require(is_word(form), format!("forms.{form}"), "a form's name has 1 to 64 characters");
        let are_chosen = fields.iter().all(|field| field.kind != FieldKind::Select || !field.options.is_empty());
        errors.require(are_chosen, format!("forms.{form}"), "a field of the kind select has options");
        let are_named = distinct.len() == fields.len() && distinct.iter().all(|name| is_word(name));
        errors.require(are_named, format!("forms.{form}"), "its fields have names of 1 to 64 characters, each another");
    }
    for (position, webhook) in setup.webhooks.iter().enumerate() {
        let field = |name: &str| format!("webhooks[{position}].{name}");
        errors.require(is_address(&webhook.url), field("url"), ADDRESS_RULE);
        let description = webhook.description.as_deref().unwrap_or_default();
        let is_short = description.chars().count() <= MAX_DESCRIPTION;
        errors.require(is_short, field("description"), "a description has at most 2000 characters");
        let are_words = webhook.events.iter().all(|event| is_word(event));
        errors.require(are_words, field("events"), "an event has 1 to 64 characters");
    }
    errors.into_result()
}
