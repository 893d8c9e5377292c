//! What databases say about how they look rows up.

mod mongo;
mod sql;

use std::time::Duration;

use anyhow::{Result, ensure};
use authsome_core::account::AccountStore;
use authsome_core::app::AppStore;
use authsome_core::authenticator;
use authsome_core::device::DeviceStore;
use authsome_core::entity::Page;
use authsome_core::environment::EnvironmentStore;
use authsome_core::records::Records;
use authsome_core::session::{Session, SessionStore};
use authsome_core::user::{UserQuery, UserStore};

use crate::population::{APP, Population};
use crate::target::{Driver, Target};

/// Fails where a look-up visits rows that it does not return, or sorts; says how many look-ups there were.
pub(super) async fn check(target: &Target, population: Population) -> Result<usize> {
    match &target.driver {
        // It has no planner; what it visits is held by its own tests.
        Driver::Memory => Ok(0),
        Driver::Sqlite(store) => sql::check(store.sql(), population).await,
        Driver::Postgres(store) => sql::check(store.sql(), population).await,
        Driver::Mongo(store) => mongo::check(store.as_ref(), store.database(), population).await,
    }
}

/// The look-ups of the sub-stores, each once.
async fn look_ups(records: &dyn Records, population: Population) -> Result<()> {
    let number = population.somebody(1);
    let (scope, user) = (population.scope_of(number), population.user(number)?);
    records.user(&scope, user.id).await?;
    records.user_by_email(&scope, &population.email(number)?).await?;
    records.user_by_phone(&scope, &"+4910000000".parse()?).await?;
    records.user_by_username(&scope, &format!("bench-{number}").parse()?).await?;
    records.list_users(&scope, &UserQuery::default(), Page::first(50)).await?;
    records.list_users(&scope, &UserQuery::default(), Page::after(user.id, 50)).await?;
    // The last look-up of a search that finds few.
    let search = UserQuery { prefix: Some(user.email_key), ..UserQuery::default() };
    records.list_users(&scope, &search, Page::first(50)).await?;
    let hash = population.token(number);
    authenticator::resolve::<Session>(&hash, records).await?;
    records.session_by_token(&scope, &hash).await?;
    let session = population.session_id(number);
    records.session(&scope, session).await?;
    let refreshed = records.session_by_refresh_token(&scope, &population.refresh_token(number)).await?;
    ensure!(refreshed.is_some(), "the session of a refresh token is found");
    records.list_user_sessions(&scope, user.id, Page::first(50)).await?;
    records.list_user_sessions(&scope, user.id, Page::after(session, 50)).await?;
    let alive = Session::alive(user.created_at, Duration::from_secs(600));
    records.oldest_user_sessions(&scope, user.id, alive, 10).await?;
    records.verification_by_token(&scope, &hash).await?;
    records.touch_session(&scope, session, user.created_at, user.created_at).await?;
    records.delete_user_verifications(&scope, user.id, 10).await?;
    records.app_by_slug(APP).await?;
    records.app_by_publishable_key("pk_bench").await?;
    records.environment(scope.app_id, scope.env_id).await?;
    records.environment_by_slug(scope.app_id, "main").await?;
    records.default_environment(scope.app_id).await?;
    records.list_user_devices(&scope, user.id, Page::first(50)).await?;
    Ok(())
}
