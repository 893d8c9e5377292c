//! [`Environment`].

use std::collections::BTreeMap;

use super::Settings;
use crate::app::App;
use crate::authenticator::{Published, Queued};
use crate::entity::{Column, Entity};
use crate::id::{AppId, EnvironmentId};
use crate::scope::Scope;
use crate::text_enum;
use crate::time::Timestamp;
use crate::value::Marker;

text_enum! {
    /// What an environment is for.
    pub enum EnvironmentType {
        /// For developing.
        Development = "development",
        /// For testing the next release.
        Staging = "staging",
        /// For real users.
        Production = "production",
        /// Anything else: previews, canaries, regions.
        Custom = "custom",
    }
}

impl EnvironmentType {
    /// The type's colour, for environments without a chosen one.
    #[must_use]
    pub const fn color(self) -> &'static str {
        match self {
            Self::Development => "#3B82F6",
            Self::Staging => "#F59E0B",
            Self::Production => "#EF4444",
            Self::Custom => "#8B5CF6",
        }
    }

    /// The word for the type in the keys of an environment, which follows their first prefix: `ask_live_…`.
    #[must_use]
    pub const fn key_word(self) -> &'static str {
        match self {
            Self::Development => "dev",
            Self::Staging => "test",
            Self::Production => "live",
            Self::Custom => "custom",
        }
    }
}

/// An isolated set of users, sessions, organizations and settings inside an app.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_environments", scope = PerApp)]
#[index(name = "authsome_environments_slug_key", columns(slug), unique, only_where_null = deleted_at)]
#[index(name = "authsome_environments_publishable_key_key", columns(publishable_key), unique, global)]
#[index(name = "authsome_environments_default_key", columns(is_default), unique)]
#[index(name = "authsome_environments_deleted_idx", columns(deleted_at), global)]
#[reference(app_id, to = App, on_delete = Restrict)]
pub struct Environment {
    /// Id.
    #[entity(id)]
    pub id: EnvironmentId,
    /// The app it belongs to.
    #[entity(scope)]
    pub app_id: AppId,
    /// Name for people.
    #[entity(max_len = 200)]
    pub name: String,
    /// Name for requests, unique in the app.
    #[entity(max_len = 64)]
    pub slug: String,
    /// What it is for.
    #[entity(name = "type", max_len = 32)]
    pub kind: EnvironmentType,
    /// The key that a client sends to name it with its app. Not a secret.
    #[entity(max_len = 64)]
    pub publishable_key: String,
    /// A description for people.
    pub description: Option<String>,
    /// Colour in user interfaces, `#RRGGBB`.
    #[entity(max_len = 7)]
    pub color: String,
    /// Whether requests that name no environment act here. Exactly one environment of an app has this.
    pub is_default: Marker,
    /// Whether anyone can authenticate in it.
    pub is_active: bool,
    /// Its own settings.
    #[entity(json, max_len = 16384)]
    pub settings: Settings,
    /// The operator's metadata.
    #[entity(json, max_len = 16384)]
    pub metadata: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted. A job removes its rows.
    pub deleted_at: Option<Timestamp>,
}

impl Queued for Environment {
    const DUE: Column<Self, Option<Timestamp>> = Self::DELETED_AT;
}

impl Published for Environment {
    const KEY: Column<Self, String> = Self::PUBLISHABLE_KEY;
}

impl Environment {
    /// The scope of its data.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        Scope { app_id: self.app_id, env_id: self.id }
    }
}
