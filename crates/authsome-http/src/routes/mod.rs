//! The routes of accounts, a file each resource, and of administration.

mod admin;
mod device;
mod email;
mod me;
mod page;
mod password;
mod reauthenticate;
mod refresh;
mod services;
mod session;
mod sign_in;
mod sign_in_page;
mod sign_out;
mod sign_up;
mod view;

use authsome_core::route::Route;
use authsome_engine::Engine;

use services::Services;

/// The routes of accounts and of administration.
pub(crate) fn all(engine: &Engine) -> Vec<Route> {
    let services = Services { engine: engine.clone() };
    let mut routes = vec![
        sign_up::route(&services),
        sign_in::route(&services),
        sign_out::route(&services),
        refresh::route(&services),
        reauthenticate::route(&services),
        sign_in_page::route(&services),
    ];
    routes.extend(me::routes(&services));
    routes.extend(session::routes(&services));
    routes.extend(password::routes(&services));
    routes.extend(email::routes(&services));
    routes.extend(device::routes(&services));
    routes.extend(admin::routes(&services));
    routes
}
