//! What answers show of apps, environments, API keys and events.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use authsome_core::apikey::ApiKey;
use authsome_core::app::App;
use authsome_core::environment::{Environment, Settings};
use authsome_core::event::{AppEvent, Event};
use authsome_core::id::{ApiKeyId, AppId, EnvironmentId, EventId, UserId};
use authsome_core::metadata::Metadata;
use authsome_core::time::Timestamp;
use authsome_engine::Engine;

/// An app.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "App")]
pub(super) struct AppView {
    id: AppId,
    name: String,
    slug: String,
    /// The key that names the app in `X-Publishable-Key`. Not a secret.
    publishable_key: String,
    metadata: Metadata,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<App> for AppView {
    fn from(app: App) -> Self {
        Self {
            id: app.id,
            name: app.name,
            slug: app.slug,
            publishable_key: app.publishable_key,
            metadata: app.metadata,
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }
}

/// The answer that holds an app.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AppAnswer")]
pub(super) struct AppAnswer {
    pub(super) app: AppView,
}

/// An environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Environment")]
pub(super) struct EnvironmentView {
    id: EnvironmentId,
    app_id: AppId,
    name: String,
    slug: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// The key that names the environment and its app in `X-Publishable-Key`. Not a secret.
    publishable_key: String,
    description: Option<String>,
    color: String,
    is_default: bool,
    is_active: bool,
    /// The environment's own settings; null is inherited.
    settings: Settings,
    metadata: BTreeMap<String, String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Environment> for EnvironmentView {
    fn from(environment: Environment) -> Self {
        Self {
            id: environment.id,
            app_id: environment.app_id,
            name: environment.name,
            slug: environment.slug,
            kind: environment.kind.as_str(),
            publishable_key: environment.publishable_key,
            description: environment.description,
            color: environment.color,
            is_default: environment.is_default.0,
            is_active: environment.is_active,
            settings: environment.settings,
            metadata: environment.metadata,
            created_at: environment.created_at,
            updated_at: environment.updated_at,
        }
    }
}

/// The answer that holds an environment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EnvironmentAnswer")]
pub(super) struct EnvironmentAnswer {
    environment: EnvironmentView,
    /// Settings that a standard advises against.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

impl EnvironmentAnswer {
    pub(super) fn of(engine: &Engine, environment: Environment) -> Self {
        Self { warnings: engine.warnings(&environment.settings), environment: environment.into() }
    }
}

/// An API key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub(super) struct ApiKeyView {
    id: ApiKeyId,
    /// The secret, sent as `Authorization: Bearer`. Only the answer that makes the key contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    env_id: EnvironmentId,
    /// The user that the key belongs to; null if it belongs to the environment.
    user_id: Option<UserId>,
    name: String,
    /// The first characters of the key, to tell keys apart.
    prefix: String,
    permissions: Vec<String>,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            token: None,
            env_id: key.scope.env_id,
            user_id: key.user_id,
            name: key.name,
            prefix: key.prefix,
            permissions: key.permissions,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            created_at: key.created_at,
        }
    }
}

impl ApiKeyView {
    /// A new key with its secret.
    pub(super) fn issued(issued: authsome_engine::IssuedApiKey) -> Self {
        Self { token: Some(issued.token.expose().to_owned()), ..Self::from(issued.key) }
    }
}

/// The answer that holds an API key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKeyAnswer")]
pub(super) struct ApiKeyAnswer {
    pub(super) api_key: ApiKeyView,
}

/// Something that happened.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(super) struct EventView {
    id: EventId,
    env_id: EnvironmentId,
    /// What happened, such as `user.created`.
    action: String,
    /// Id of who did it, or `administrator`; null if it happened without a sign-in.
    actor: Option<String>,
    /// Id of what it was done to.
    target: Option<String>,
    data: serde_json::Value,
    ip: Option<String>,
    user_agent: Option<String>,
    created_at: Timestamp,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            env_id: event.scope.env_id,
            action: event.action,
            actor: event.actor,
            target: event.target,
            data: event.data,
            ip: event.ip,
            user_agent: event.user_agent,
            created_at: event.created_at,
        }
    }
}

/// Something that happened to an app or to one of its environments.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AppEvent")]
pub(super) struct AppEventView {
    id: EventId,
    app_id: AppId,
    /// What happened, such as `environment.created`.
    action: String,
    /// Id of who did it, or `administrator`; null if the program itself did it.
    actor: Option<String>,
    /// Id of what it was done to: the app or an environment.
    target: Option<String>,
    data: serde_json::Value,
    created_at: Timestamp,
}

impl From<AppEvent> for AppEventView {
    fn from(event: AppEvent) -> Self {
        Self {
            id: event.id,
            app_id: event.app_id,
            action: event.action,
            actor: event.actor,
            target: event.target,
            data: event.data,
            created_at: event.created_at,
        }
    }
}
