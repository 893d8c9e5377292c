//! The routes of administration, a file each resource.

mod api_keys;
mod apps;
mod audit;
mod confirm;
mod environment_state;
mod environments;
mod progress;
mod session_config;
mod sessions;
mod user_state;
mod users;
mod view;

use authsome_core::route::Route;

use super::services::Services;

/// The routes of administration.
pub(super) fn routes(services: &Services) -> Vec<Route> {
    let mut routes = users::routes(services);
    routes.extend(user_state::routes(services));
    routes.extend(sessions::routes(services));
    routes.extend(api_keys::routes(services));
    routes.extend(audit::routes(services));
    routes.extend(session_config::routes(services));
    routes.extend(environments::routes(services));
    routes.extend(environment_state::routes(services));
    routes.extend(apps::routes(services));
    routes
}
