//! How a route is called: with what it needs, by whom, and with the environment named in one way or another.

use authsome_core::confirmation::CONFIRM_HEADER;
use authsome_core::route::Route;
use serde_json::{Map, Value};

use super::call::Call;
use super::inventory::name_of;
use super::registry::{self, ALTERNATIVES, CONFIRMED, Given, Kind, Line, NEEDED, Spot};
use super::world::{ADMINISTRATOR, Place, World, neighbour};

/// A credential, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    None,
    Administrator,
    Session(String),
    Cookie(String),
    Jwt(String),
    Key(String),
}

impl Credential {
    /// Each that a place has issued.
    pub(crate) fn all_of(place: &Place) -> [Self; 4] {
        let session = place.alice.token.expose().to_owned();
        [
            Self::Session(session.clone()),
            Self::Cookie(session),
            Self::Jwt(place.jwt.clone()),
            Self::Key(place.key.clone()),
        ]
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::None => "nobody",
            Self::Administrator => "administrator",
            Self::Session(_) => "session",
            Self::Cookie(_) => "cookie",
            Self::Jwt(_) => "JWT",
            Self::Key(_) => "API key",
        }
    }

    /// One of the same form that exists nowhere.
    pub(crate) fn absent(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Administrator => Self::Administrator,
            Self::Session(token) => Self::Session(neighbour(token)),
            Self::Cookie(token) => Self::Cookie(neighbour(token)),
            Self::Jwt(token) => Self::Jwt(neighbour(token)),
            Self::Key(token) => Self::Key(neighbour(token)),
        }
    }

    pub(crate) fn show(&self, call: &mut Call) {
        match self {
            Self::None => {}
            Self::Administrator => call.header("authorization", format!("Bearer {ADMINISTRATOR}")),
            Self::Session(token) | Self::Jwt(token) | Self::Key(token) => {
                call.header("authorization", format!("Bearer {token}"));
            }
            Self::Cookie(token) => {
                call.header("cookie", format!("authsome_session={token}"));
                call.header("origin", "http://localhost:8080");
            }
        }
    }
}

/// How the environment is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    Not,
    HeaderSlug,
    HeaderId,
    QuerySlug,
    QueryId,
    /// The credential's own in the header, another in the query.
    Both,
    /// The credential's own in the query, another in the header.
    Reversed,
    /// A name that no environment has.
    Unknown,
    /// By its publishable key.
    Key,
    /// The publishable key of another app.
    OtherApp,
}

impl Naming {
    /// Each that names one environment.
    pub(crate) const ONE: [Self; 4] = [Self::HeaderSlug, Self::HeaderId, Self::QuerySlug, Self::QueryId];
    /// Each that names what is not the credential's.
    pub(crate) const OTHERS: [Self; 9] = [
        Self::HeaderSlug,
        Self::HeaderId,
        Self::QuerySlug,
        Self::QueryId,
        Self::Both,
        Self::Reversed,
        Self::Unknown,
        Self::Key,
        Self::OtherApp,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Not => "unnamed",
            Self::HeaderSlug => "slug in the header",
            Self::HeaderId => "id in the header",
            Self::QuerySlug => "slug in the query",
            Self::QueryId => "id in the query",
            Self::Both => "its own in the header, the other in the query",
            Self::Reversed => "its own in the query, the other in the header",
            Self::Unknown => "a slug that there is not",
            Self::Key => "publishable key of the environment",
            Self::OtherApp => "publishable key of another app",
        }
    }

    /// Names a place, for a credential of `own`.
    pub(crate) fn apply(self, call: &mut Call, place: &Place, own: &Place, world: &World) {
        const HEADER: &str = "x-authsome-environment";
        const KEY: &str = "x-publishable-key";
        let mut query = |value: String| call.query.push(("env".to_owned(), value));
        match self {
            Self::Not => {}
            Self::HeaderSlug => call.header(HEADER, place.slug()),
            Self::HeaderId => call.header(HEADER, place.id()),
            Self::QuerySlug => query(place.slug()),
            Self::QueryId => query(place.id()),
            Self::Both => {
                query(place.id());
                call.header(HEADER, own.slug());
            }
            Self::Reversed => {
                query(own.slug());
                call.header(HEADER, place.id());
            }
            Self::Unknown => call.header(HEADER, "nowhere"),
            Self::Key => call.header(KEY, place.at.environment().environment.publishable_key.clone()),
            Self::OtherApp => {
                let other = [&world.here.app, &world.elsewhere.app].into_iter().find(|app| app.id != own.app.id);
                call.header(KEY, other.map(|app| app.publishable_key.clone()).unwrap_or_default());
            }
        }
    }
}

/// Whether the credentials in the body of a request are real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tokens {
    Own,
    Absent,
}

/// A request to a route with what it needs from a world, by nobody yet. `varied` is put where its line says, in the
/// place of what would be there.
pub(crate) fn request(route: &Route, world: &World, varied: Option<(&Line, &str)>, tokens: Tokens) -> Call {
    let name = name_of(route);
    let mut call = Call::new(route.method().clone(), format!("/v1/auth{}", route.path()));
    call.body = route.documentation().body.map(|_| Map::new());
    let alternatives = ALTERNATIVES.iter().find(|(route, _)| *route == name).map_or(&[][..], |(_, names)| *names);
    for line in registry::of(&name) {
        let is_varied = varied.is_some_and(|(other, _)| other.name == line.name && other.spot == line.spot);
        let takes_its_place = |other: &Line| [line, other].iter().all(|line| alternatives.contains(&line.name));
        let is_displaced = varied.is_some_and(|(other, _)| takes_its_place(other));
        if !is_varied && !is_displaced {
            put(&mut call, line, given(line, world, tokens));
        }
    }
    for (_, name, value) in NEEDED.iter().filter(|(route, _, _)| *route == name) {
        if let Some(body) = &mut call.body {
            body.insert((*name).to_owned(), Value::String((*value).to_owned()));
        }
    }
    if let Some((line, value)) = varied {
        put(&mut call, line, Some(value.to_owned()));
    }
    if let Some((_, action)) = CONFIRMED.iter().find(|(route, _)| *route == name) {
        call.header(CONFIRM_HEADER, *action);
    }
    call
}

fn given(line: &Line, world: &World, tokens: Tokens) -> Option<String> {
    match line.given {
        Given::Nothing => None,
        Given::Fresh => Some(world.fresh(line.kind)),
        Given::Own if tokens == Tokens::Absent && line.kind.is_token() => Some(neighbour(&world.here.own(line.kind))),
        Given::Own => Some(world.here.own(line.kind)),
        Given::Spare if line.kind == Kind::App => Some(world.spare.1.clone()),
        Given::Spare => Some(world.spare.0.clone()),
    }
}

fn put(call: &mut Call, line: &Line, value: Option<String>) {
    let Some(value) = value else { return };
    match (line.spot, &mut call.body) {
        (Spot::Path, _) => call.path = call.path.replace(&format!("{{{}}}", line.name), &value),
        (Spot::Query, _) => call.query.push((line.name.to_owned(), value)),
        (Spot::Body, Some(body)) => {
            body.insert(line.name.to_owned(), Value::String(value));
        }
        (Spot::Body, None) => {}
    }
}
