//! The sub-stores: each method with its law.

mod accounts;
mod api_keys;
mod apps;
mod attempts;
mod credentials;
mod devices;
mod environments;
mod forms;
mod installation;
mod notifications;
mod organizations;
mod session_configs;
mod sessions;
mod users;
mod webhooks;

use authsome_core::scope::Scope;
use authsome_core::user::{User, UserStore};

use crate::case::Case;
use crate::context::Cx;
use crate::failure::Outcome;
use crate::fixture::{Home, Sample, homes};

pub(crate) fn cases() -> Vec<Case> {
    [
        users::cases(),
        sessions::cases(),
        accounts::cases(),
        apps::cases(),
        organizations::cases(),
        devices::cases(),
        webhooks::cases(),
        notifications::cases(),
        api_keys::cases(),
        environments::cases(),
        forms::cases(),
        session_configs::cases(),
        attempts::cases(),
        credentials::cases(),
        installation::cases(),
    ]
    .concat()
}

/// Where the cases work.
fn home() -> Home {
    homes()[0]
}

/// Its scope.
fn scope() -> Scope {
    home().scope
}

/// Another environment of the same app.
fn elsewhere() -> Home {
    homes()[1]
}

/// Adds the user of this number.
async fn user(cx: &Cx, number: u32) -> Outcome<User> {
    let user = User::sample(&home(), number);
    cx.db().create_user(&scope(), &user).await?;
    Ok(user)
}
