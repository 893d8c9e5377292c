//! [`Event`] and [`AppEvent`].

use crate::app::App;
use crate::entity::Entity;
use crate::environment::Environment;
use crate::id::{AppId, EventId};
use crate::scope::Scope;
use crate::time::Timestamp;

/// Something that happened in an environment.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_events", scope = PerEnvironment)]
#[index(name = "authsome_events_actor_idx", columns(actor, id))]
#[index(name = "authsome_events_target_idx", columns(target, id))]
#[index(name = "authsome_events_action_idx", columns(action, id))]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct Event {
    /// Id.
    #[entity(id)]
    pub id: EventId,
    /// Where it happened.
    #[entity(scope)]
    pub scope: Scope,
    /// What happened, such as `user.created`.
    #[entity(max_len = 64)]
    pub action: String,
    /// Id of who did it, or `administrator`; `None` if it happened without a sign-in.
    #[entity(max_len = 64)]
    pub actor: Option<String>,
    /// Id of what it was done to.
    #[entity(max_len = 64)]
    pub target: Option<String>,
    /// Further details. Never a secret.
    #[entity(json, max_len = 16384)]
    pub data: serde_json::Value,
    /// Address it came from.
    #[entity(max_len = 64)]
    pub ip: Option<String>,
    /// User agent it came with.
    #[entity(max_len = 500)]
    pub user_agent: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
}

/// Something that happened to an app or to one of its environments.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_app_events", scope = PerApp)]
#[index(name = "authsome_app_events_actor_idx", columns(actor, id))]
#[index(name = "authsome_app_events_target_idx", columns(target, id))]
#[index(name = "authsome_app_events_action_idx", columns(action, id))]
#[reference(app_id, to = App, on_delete = Cascade)]
pub struct AppEvent {
    /// Id.
    #[entity(id)]
    pub id: EventId,
    /// The app.
    #[entity(scope)]
    pub app_id: AppId,
    /// What happened, such as `environment.created`.
    #[entity(max_len = 64)]
    pub action: String,
    /// Id of who did it, or `administrator`; `None` if the program itself did it.
    #[entity(max_len = 64)]
    pub actor: Option<String>,
    /// Id of what it was done to.
    #[entity(max_len = 64)]
    pub target: Option<String>,
    /// Further details. Never a secret.
    #[entity(json, max_len = 16384)]
    pub data: serde_json::Value,
    /// When it happened.
    pub created_at: Timestamp,
}
