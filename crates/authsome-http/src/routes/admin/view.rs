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
use authsome_core::view;
use authsome_engine::Engine;

view! {
    /// An app.
    #[schemars(rename = "App")]
    pub(super) struct AppView of app: App {
        id: AppId,
        name: String,
        slug: String,
        /// The key that names the app in `X-Publishable-Key`. Not a secret.
        publishable_key: String,
        metadata: Metadata,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

/// The answer that holds an app.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AppAnswer")]
pub(super) struct AppAnswer {
    pub(super) app: AppView,
}

view! {
    /// An environment.
    #[schemars(rename = "Environment")]
    pub(super) struct EnvironmentView of environment: Environment {
        id: EnvironmentId,
        app_id: AppId,
        name: String,
        slug: String,
        #[serde(rename = "type")]
        kind: &'static str = environment.kind.as_str(),
        /// The key that names the environment and its app in `X-Publishable-Key`. Not a secret.
        publishable_key: String,
        description: Option<String>,
        color: String,
        is_default: bool = environment.is_default.0,
        is_active: bool,
        /// The environment's own settings; null is inherited.
        settings: Settings,
        metadata: BTreeMap<String, String>,
        created_at: Timestamp,
        updated_at: Timestamp,
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

view! {
    /// An API key.
    #[schemars(rename = "ApiKey")]
    pub(super) struct ApiKeyView of key: ApiKey {
        id: ApiKeyId,
        /// The secret, sent as `Authorization: Bearer`. Only the answer that makes the key contains it.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String> = None,
        env_id: EnvironmentId = key.scope.env_id,
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

view! {
    /// Something that happened.
    #[schemars(rename = "Event")]
    pub(super) struct EventView of event: Event {
        id: EventId,
        env_id: EnvironmentId = event.scope.env_id,
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
}

view! {
    /// Something that happened to an app or to one of its environments.
    #[schemars(rename = "AppEvent")]
    pub(super) struct AppEventView of event: AppEvent {
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
}
