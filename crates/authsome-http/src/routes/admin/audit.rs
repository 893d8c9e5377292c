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
    /// Who did it: an id, or `administrator`.
    actor: Option<Text<64>>,
    /// What was done, such as `user.created`.
    action: Option<Text<64>>,
    /// The id of what it was done to.
    target: Option<Text<64>>,
    /// At this moment or later.
    since: Option<Timestamp>,
    /// Before this moment.
    until: Option<Timestamp>,
    /// The most events on the page. Default: 50.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// `next_cursor` of the previous page.
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
            .about(TAG, "List an environment's events")
            .query::<Query>()
            .answers::<ListView<EventView>>(StatusCode::OK, "A page of events, newest first.")
            .errors(&[Code::InvalidCursor])
            .guard(Guard::Permission(Permission::read(Resource::Audit)))
            .handler(services.handler(list)),
        Route::new(Method::GET, "/apps/{app_id}/audit")
            .about(TAG, "List an app's events")
            .description(
                "Changes of the app and of its environments. `/audit` lists what happens inside an environment. The \
                events are deleted with the app.",
            )
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
