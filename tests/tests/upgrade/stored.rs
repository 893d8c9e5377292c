//! What is stored is kept, and found.

use std::collections::BTreeSet;

use authsome_core::account::{PasswordReset, Verification};
use authsome_core::apikey::ApiKey;
use authsome_core::app::App;
use authsome_core::appsessionconfig::AppSessionConfig;
use authsome_core::device::Device;
use authsome_core::entity::Page;
use authsome_core::environment::Environment;
use authsome_core::formconfig::{Branding, FormConfig};
use authsome_core::notification::Notification;
use authsome_core::organization::{Invitation, Member, Organization, Team, TeamMember};
use authsome_core::registry;
use authsome_core::session::{RefreshToken, Session};
use authsome_core::user::User;
use authsome_core::webhook::Webhook;
use authsome_migrate::StepState;
use authsome_tests::fixtures::CURRENT;
use authsome_tests::fixtures::generator::all_groups;
use authsome_tests::fixtures::rows::{self, Places};
use authsome_tests::fixtures::world::plugins;

use super::restored::Restored;
use crate::Law;

pub(crate) const LAWS: &[Law] = &[
    ("the_migrations_of_this_program_apply_and_leave_no_difference", the_migrations_of_this_program_apply),
    ("the_history_names_the_steps_and_the_program_of_then", the_history_names_the_steps_and_the_program_of_then),
    ("every_row_is_there_as_it_was", every_row_is_there_as_it_was),
    ("every_table_has_rows", every_table_has_rows),
    ("the_sub_stores_find_what_was_stored", the_sub_stores_find_what_was_stored),
];

fn the_migrations_of_this_program_apply(restored: &Restored) {
    restored.block_on(async {
        let applied = restored.migrate().await;
        assert_eq!(applied.is_empty(), all_groups_have_steps(restored), "{applied:?}");
        assert_eq!(restored.migrator(&all_groups()).verify().await.expect("it can be compared"), Vec::new());
        assert_eq!(restored.migrate().await, Vec::<String>::new());
    });
}

/// Whether every step that this program declares was there already.
fn all_groups_have_steps(restored: &Restored) -> bool {
    let declared = all_groups().iter().map(|group| group.migrations.len()).sum::<usize>();
    restored.expected.history.len() == declared
}

fn the_history_names_the_steps_and_the_program_of_then(restored: &Restored) {
    restored.block_on(async {
        let status = restored.migrator(&all_groups()).status().await.expect("the history can be read");
        assert!(status.faults.is_empty() && status.absent_groups.is_empty(), "{status:?}");
        let program = format!("authsome {}", restored.version);
        let applied = status.steps.iter().filter_map(|step| match &step.state {
            StepState::Applied { by, .. } => {
                assert_eq!(*by, program);
                Some(step.step.to_string())
            }
            StepState::Pending => None,
        });
        assert_eq!(applied.collect::<Vec<_>>(), restored.expected.history);
    });
}

fn every_row_is_there_as_it_was(restored: &Restored) {
    restored.block_on(async {
        restored.migrate().await;
        restored.assert_rows_are_kept().await;
    });
}

/// Of this version's fixture, every table that there is; of an earlier one, every table that there was.
fn every_table_has_rows(restored: &Restored) {
    restored.block_on(async {
        restored.migrate().await;
        let found = rows::read(&*restored.store).await.expect("every row can be read");
        let of_plugins = plugins().iter().flat_map(|plugin| plugin.tables()).collect::<Vec<_>>();
        let declared: BTreeSet<&String> =
            registry::tables().into_iter().chain(of_plugins).map(|table| &table.name).collect();
        assert_eq!(found.keys().collect::<BTreeSet<_>>(), declared, "the rows of each table are read");
        let expected: BTreeSet<&String> = restored.expected.tables.keys().collect();
        assert!(restored.version != CURRENT || expected == declared, "the fixture is of other tables");
        for table in expected {
            assert!(!found.get(table).expect("it is declared").is_empty(), "{table} has no rows");
        }
    });
}

/// Looks every entity of a type up as the sub-stores do, and finds it.
macro_rules! found {
    ($places:ident in $store:ident: $($entity:ident as $row:ident => [$($look_up:expr),* $(,)?];)*) => {$(
        for $row in $places.all::<$entity>($store).await.expect("every row can be read") {
            $(assert_eq!($look_up.await.expect("the store answers").as_ref(), Some(&$row), stringify!($look_up));)*
        }
    )*};
}

fn the_sub_stores_find_what_was_stored(restored: &Restored) {
    restored.block_on(async {
        restored.migrate().await;
        let store = &*restored.store;
        let places = Places::of(store).await.expect("every row can be read");
        found! { places in store:
            App as row => [store.app(row.id), store.app_by_slug(&row.slug), store.app_by_publishable_key(&row.publishable_key)];
            AppSessionConfig as row => [store.app_session_config(row.app_id)];
            Session as row => [store.session(&row.scope, row.id), store.session_by_token(&row.scope, &row.token_hash)];
            Verification as row => [
                store.verification(&row.scope, row.id), store.verification_by_token(&row.scope, &row.token_hash),
            ];
            PasswordReset as row => [
                store.password_reset(&row.scope, row.id), store.password_reset_by_token(&row.scope, &row.token_hash),
            ];
            Device as row => [store.device(&row.scope, row.id)];
            Organization as row => [
                store.organization(&row.scope, row.id), store.organization_by_slug(&row.scope, &row.slug),
            ];
            Member as row => [
                store.member(&row.scope, row.id), store.member_by_user(&row.scope, row.organization_id, row.user_id),
            ];
            Invitation as row => [
                store.invitation(&row.scope, row.id), store.invitation_by_token(&row.scope, &row.token_hash),
            ];
            Team as row => [
                store.team(&row.scope, row.id), store.team_by_slug(&row.scope, row.organization_id, &row.slug),
            ];
            TeamMember as row => [store.team_member(&row.scope, row.team_id, row.member_id)];
            Branding as row => [store.branding(&row.scope, row.organization_id)];
            FormConfig as row => [store.form_config(&row.scope, &row.form_type)];
            Webhook as row => [store.webhook(&row.scope, row.id)];
            Notification as row => [store.notification(&row.scope, row.id)];
            ApiKey as row => [store.api_key(&row.scope, row.id), store.api_key_by_hash(&row.scope, &row.hash)];
        }
        for row in places.all::<User>(store).await.expect("every row can be read") {
            let email = row.email.parse().expect("it is an address");
            let (by_id, by_email) = (store.user(&row.scope, row.id).await, store.user_by_email(&row.scope, &email).await);
            let (by_id, by_email) = (by_id.expect("the store answers"), by_email.expect("the store answers"));
            if row.deleted_at.is_none() {
                assert_eq!((by_id.as_ref(), by_email.as_ref()), (Some(&row), Some(&row)));
            } else {
                assert_eq!((by_id, by_email.map(|other| other.id == row.id)), (None, Some(false)));
            }
            let listed = store.list_user_sessions(&row.scope, row.id, Page::default()).await.expect("the store answers");
            assert!(listed.data.iter().all(|session| session.user_id == row.id));
        }
        for row in places.all::<Environment>(store).await.expect("every row can be read") {
            let found = store.environment(row.app_id, row.id).await.expect("the store answers");
            let by_slug = store.environment_by_slug(row.app_id, &row.slug).await.expect("the store answers");
            let is_there = row.deleted_at.is_none();
            assert_eq!((found.is_some(), by_slug.as_ref() == Some(&row)), (is_there, is_there));
        }
        for row in places.all::<RefreshToken>(store).await.expect("every row can be read") {
            let session = store.session_by_refresh_token(&row.scope, &row.hash).await.expect("the store answers");
            assert!(session.is_some_and(|(session, token)| session.id == row.session_id && token == row));
        }
    });
}
