//! [`AppSessionConfig`].

use crate::app::App;
use crate::entity::Entity;
use crate::environment::Settings;
use crate::id::{AppId, AppSessionConfigId};
use crate::text_enum;
use crate::time::Timestamp;

text_enum! {
    /// The form of a session's token.
    pub enum TokenFormat {
        /// Random; only Authsome can read it.
        Opaque = "opaque",
        /// A signed JSON Web Token (RFC 9068).
        Jwt = "jwt",
    }
}

/// An app's settings for all its environments. An app has at most one configuration.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_app_session_configs", scope = PerApp)]
#[index(name = "authsome_app_session_configs_app_key", columns(), unique)]
#[reference(app_id, to = App, on_delete = Cascade)]
pub struct AppSessionConfig {
    /// Id.
    #[entity(id)]
    pub id: AppSessionConfigId,
    /// The app.
    #[entity(scope)]
    pub app_id: AppId,
    /// Settings that environments inherit.
    #[entity(json, max_len = 16384)]
    pub settings: Settings,
    /// The form of a session's token.
    #[entity(max_len = 32)]
    pub token_format: TokenFormat,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
