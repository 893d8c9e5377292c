//! What there is: every entity of core, and core's migrations.
//!
//! Suites walk the registry, so that an entity which is not listed here has no table, and one that is listed is tested.

use crate::account::{PasswordReset, Verification};
use crate::apikey::ApiKey;
use crate::app::App;
use crate::appsessionconfig::AppSessionConfig;
use crate::attempt::{Lockout, RateWindow};
use crate::device::Device;
use crate::entity::Entity;
use crate::environment::Environment;
use crate::event::{AppEvent, Event};
use crate::formconfig::{Branding, FormConfig};
use crate::installation::Installation;
use crate::migration::{Migration, MigrationGroup, Operation};
use crate::notification::Notification;
use crate::organization::{Invitation, Member, Organization, Team, TeamMember};
use crate::schema::TableDef;
use crate::session::{RefreshToken, Session};
use crate::signingkey::SigningKey;
use crate::user::User;
use crate::webhook::Webhook;

/// Name of core's migration group.
pub const CORE_GROUP: &str = "core";

macro_rules! entities {
    ($visitor:ident) => {
        $visitor!(
            App,
            AppEvent,
            AppSessionConfig,
            Environment,
            User,
            Session,
            RefreshToken,
            Verification,
            PasswordReset,
            Device,
            Organization,
            Member,
            Invitation,
            Team,
            TeamMember,
            Branding,
            FormConfig,
            Webhook,
            Notification,
            ApiKey,
            Event,
            Lockout,
            RateWindow,
            SigningKey,
            Installation
        )
    };
}

macro_rules! tables {
    ($($entity:ty),*) => { vec![$(<$entity as Entity>::table()),*] };
}

/// The tables of core's entities, parents before children.
#[must_use]
pub fn tables() -> Vec<&'static TableDef> {
    entities!(tables)
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
