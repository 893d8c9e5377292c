//! `/audit` and `/apps/{app_id}/audit`: what happened in an environment, and to an app.

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

use authsome_core::entity::Page;
use authsome_core::error::{Code, Error};
use authsome_core::id::EventId;
use authsome_core::permission::{Permission, Resource};
use authsome_core::route::{Guard, Reply, Request, Route};
use authsome_core::time::Timestamp;
use authsome_engine::EventQuery;

use super::super::page::page_of;
use super::super::services::Services;
use super::super::view::ListView;
use super::view::{AppEventView, EventView};
use crate::text::Text;

const TAG: &str = "Audit";

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

impl Query {
    /// Which events are meant, and which page of them.
    fn of(request: &Request) -> Result<(EventQuery, Page<EventId>), Error> {
        let query: Self = request.query()?;
        let page = page_of(query.limit, query.cursor.as_deref())?;
        let events = EventQuery {
            actor: query.actor.map(Text::into_string),
            action: query.action.map(Text::into_string),
            target: query.target.map(Text::into_string),
            since: query.since,
            until: query.until,
        };
        Ok((events, page))
    }
}

pub(super) fn routes(services: &Services) -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/audit")
            .about(TAG, "What happened")
            .query::<Query>()
            .answers::<ListView<EventView>>(StatusCode::OK, "A page of events, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(Guard::Permission(Permission::read(Resource::Audit)))
            .handler(services.handler(list)),
        Route::new(Method::GET, "/apps/{app_id}/audit")
            .about(TAG, "What happened to an app and to its environments")
            .description("What happened inside of an environment is in `/audit`. The events of an app go with it.")
            .query::<Query>()
            .answers::<ListView<AppEventView>>(StatusCode::OK, "A page of events, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(Guard::Administrator)
            .handler(services.handler(list_of_app)),
    ]
}

async fn list(services: Services, request: Request) -> Result<Reply, Error> {
    let (query, page) = Query::of(&request)?;
    let listed = services.at(&request.context).audit().list(&query, page).await?;
    Reply::json(StatusCode::OK, &ListView::<EventView>::of(listed))
}

async fn list_of_app(services: Services, request: Request) -> Result<Reply, Error> {
    let app = request.param("app_id")?;
    let (query, page) = Query::of(&request)?;
    let listed = services.engine.apps().audit(app, &query, page).await?;
    Reply::json(StatusCode::OK, &ListView::<AppEventView>::of(listed))
}
