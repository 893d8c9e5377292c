//! What there is: every entity of core, and core's migrations.
//!
//! Suites walk the registry, so that an entity which is not listed here has no table, and one that is listed is tested.

use crate::entity::Entity;
use crate::migration::{Migration, MigrationGroup, Operation};
use crate::schema::TableDef;

/// Name of core's migration group.
pub const CORE_GROUP: &str = "core";

/// Hands the type of every entity of core, parents before children, to a macro: how suites walk the registry.
#[macro_export]
macro_rules! for_each_entity {
    ($visitor:ident) => {
        $visitor!(
            $crate::app::App,
            $crate::event::AppEvent,
            $crate::appsessionconfig::AppSessionConfig,
            $crate::environment::Environment,
            $crate::user::User,
            $crate::session::Session,
            $crate::session::RefreshToken,
            $crate::account::Verification,
            $crate::account::PasswordReset,
            $crate::device::Device,
            $crate::organization::Organization,
            $crate::organization::Member,
            $crate::organization::Invitation,
            $crate::organization::Team,
            $crate::organization::TeamMember,
            $crate::formconfig::Branding,
            $crate::formconfig::FormConfig,
            $crate::webhook::Webhook,
            $crate::notification::Notification,
            $crate::apikey::ApiKey,
            $crate::event::Event,
            $crate::attempt::Lockout,
            $crate::attempt::RateWindow
        )
    };
}

macro_rules! tables {
    ($($entity:ty),*) => { vec![$(<$entity as Entity>::table()),*] };
}

/// The tables of core's entities, parents before children.
#[must_use]
pub fn tables() -> Vec<&'static TableDef> {
    for_each_entity!(tables)
}

/// Core's migrations.
#[must_use]
pub fn migrations() -> MigrationGroup {
    let tables = tables().into_iter().cloned().map(Operation::CreateTable).collect();
    MigrationGroup {
        name: CORE_GROUP.to_owned(),
        depends_on: Vec::new(),
        migrations: vec![Migration::new(1, "create_core_tables", tables)],
    }
}
