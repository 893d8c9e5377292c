//! `/audit`: what happened in an environment.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::error::{Code, Error};
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_core::time::Timestamp;
use authsome_engine::EventQuery;

use super::super::page::page_of;
use super::super::view::ListView;
use super::Services;
use super::view::EventView;
use crate::text::Text;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Done by whom: an id, or `administrator`.
    actor: Option<Text<64>>,
    /// What was done, such as `user.created`.
    action: Option<Text<64>>,
    /// Done to what: an id.
    target: Option<Text<64>>,
    /// Not before this moment.
    since: Option<Timestamp>,
    /// Before this moment.
    until: Option<Timestamp>,
    /// How many at most; 50 without it.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/audit")
            .about("Audit", "What happened")
            .query::<Query>()
            .answers::<ListView<EventView>>(StatusCode::OK, "A page of events, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(Guard::Permission(Permission::read(Resource::Audit)))
            .handler(services.handler(list)),
    ]
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let page = page_of(query.limit, query.cursor.as_deref())?;
    let query = EventQuery {
        actor: query.actor.map(Text::into_string),
        action: query.action.map(Text::into_string),
        target: query.target.map(Text::into_string),
        since: query.since,
        until: query.until,
    };
    let listed = services.at(&request.context).audit().list(&query, page).await?;
    Reply::json(StatusCode::OK, &ListView::<EventView>::of(listed))
}
