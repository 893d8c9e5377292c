//! [`App`].

use crate::authenticator::Queued;
use crate::entity::{Column, Entity};
use crate::id::AppId;
use crate::metadata::Metadata;
use crate::time::Timestamp;

/// An application that signs people in. Environments belong to it.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_apps", scope = Global)]
#[index(name = "authsome_apps_slug_key", columns(slug), unique, only_where_null = deleted_at)]
#[index(name = "authsome_apps_publishable_key_key", columns(publishable_key), unique)]
#[index(name = "authsome_apps_deleted_idx", columns(deleted_at), global)]
pub struct App {
    /// Id.
    #[entity(id)]
    pub id: AppId,
    /// Name for people.
    #[entity(max_len = 200)]
    pub name: String,
    /// Name for configuration and the command line.
    #[entity(max_len = 64)]
    pub slug: String,
    /// The key that a client sends to name the app. Not a secret.
    #[entity(max_len = 64)]
    pub publishable_key: String,
    /// The operator's metadata.
    #[entity(json, max_len = 16384)]
    pub metadata: Metadata,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted. A job empties its environments.
    pub deleted_at: Option<Timestamp>,
}

impl Queued for App {
    const DUE: Column<Self, Option<Timestamp>> = Self::DELETED_AT;
}
