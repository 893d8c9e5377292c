//! The routes of administration, a file each resource.

mod api_keys;
mod apps;
mod audit;
mod environment_state;
mod environments;
mod session_config;
mod sessions;
mod user_state;
mod users;
mod view;

use schemars::JsonSchema;
use serde::Serialize;

use http::StatusCode;

use authsome_core::confirmation::{CONFIRM_HEADER, Confirm};
use authsome_core::error::Error;
use authsome_core::route::{Reply, Request, Route};
use authsome_engine::Progress;

use super::Services;

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

/// What a request confirms. A header that is repeated, or is not text, confirms nothing.
fn confirm(request: &Request) -> Confirm {
    let mut values = request.headers.get_all(CONFIRM_HEADER).into_iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(text), None) => Confirm::from_text(text),
        _ => Confirm::NOTHING,
    }
}

/// How far a change of a whole environment has come.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Progress")]
struct ProgressAnswer {
    /// How many this request changed.
    count: u64,
    /// Whether all are done. If it is false, send the request again to go on.
    complete: bool,
}

/// 200 if all are done, else 202.
fn progress(progress: Progress) -> Result<Reply, Error> {
    let status = if progress.complete { StatusCode::OK } else { StatusCode::ACCEPTED };
    Reply::json(status, &ProgressAnswer { count: progress.count, complete: progress.complete })
}
