//! The one table of routes, and the errors of a wrong one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::routing::MethodFilter;
use http::Method;

use authsome_core::route::{Guard, RateSubject, Route};
use authsome_engine::Engine;

use crate::routes;

/// Why a table of routes cannot be served.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// Two routes have the same method and path.
    Duplicate {
        /// Method.
        method: Method,
        /// Path below the base path.
        path: String,
    },
    /// Two paths differ only in the names of their parameters, so that a request fits both.
    Ambiguous {
        /// Path below the base path.
        path: String,
        /// The other one.
        other: String,
    },
    /// A path is not made of `/`, literal segments and parameters in braces.
    Path {
        /// The path.
        path: String,
    },
    /// A route with the guard of a ticket takes no ticket, or a route that streams its body reads a credential or a
    /// subject from it.
    Body {
        /// Path below the base path.
        path: String,
    },
    /// A route cannot have this method.
    Method {
        /// The method.
        method: Method,
        /// Path below the base path.
        path: String,
    },
}

impl std::fmt::Display for TableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Duplicate { method, path } => write!(f, "the route {method} {path} is declared twice"),
            Self::Ambiguous { path, other } => write!(f, "a request fits both {path} and {other}"),
            Self::Path { path } => write!(f, "{path} is not a path of literal segments and {{parameters}}"),
            Self::Body { path } => write!(
                f,
                "{path} takes no ticket although its guard needs one, or streams its body and reads a credential \
                    or subject from it"
            ),
            Self::Method { method, path } => write!(f, "{method} {path}: a route cannot have this method"),
        }
    }
}

impl std::error::Error for TableError {}

/// See [`Http::table`](crate::Http::table).
pub(crate) fn table(engine: &Engine) -> Result<Vec<Route>, TableError> {
    let mut table = routes::all(engine);
    table.extend(engine.routes());
    check(&table)?;
    Ok(table)
}

fn check(table: &[Route]) -> Result<(), TableError> {
    let mut shapes: BTreeMap<String, (&str, Vec<&Method>)> = BTreeMap::new();
    for route in table {
        let (method, path) = (route.method(), route.path());
        if MethodFilter::try_from(method.clone()).is_err() || matches!(*method, Method::HEAD | Method::OPTIONS) {
            return Err(TableError::Method { method: method.clone(), path: path.to_owned() });
        }
        let takes_ticket = route.credential().is_some_and(|credential| credential.kind().is_ticket());
        let wants_ticket = matches!(route.guard(), Guard::Ticket | Guard::RecentSessionOrTicket);
        let reads_body = route.credential().is_some() || matches!(route.subject(), RateSubject::Body(_));
        if (wants_ticket && !takes_ticket) || (route.streams() && reads_body) {
            return Err(TableError::Body { path: path.to_owned() });
        }
        let shape = shape(path).ok_or_else(|| TableError::Path { path: path.to_owned() })?;
        match shapes.entry(shape) {
            Entry::Vacant(entry) => {
                entry.insert((path, vec![method]));
            }
            Entry::Occupied(entry) if entry.get().0 != path => {
                let other = entry.get().0.to_owned();
                return Err(TableError::Ambiguous { path: path.to_owned(), other });
            }
            Entry::Occupied(entry) if entry.get().1.contains(&method) => {
                return Err(TableError::Duplicate { method: method.clone(), path: path.to_owned() });
            }
            Entry::Occupied(mut entry) => entry.get_mut().1.push(method),
        }
    }
    Ok(())
}

/// The path without the names of its parameters; `None` for an invalid path.
fn shape(path: &str) -> Option<String> {
    let segments: Option<Vec<&str>> = path.strip_prefix('/')?.split('/').map(shape_of_segment).collect();
    segments.map(|segments| segments.join("/"))
}

fn shape_of_segment(segment: &str) -> Option<&str> {
    let named = |text: &str, extra: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
    };
    match segment.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').filter(|name| named(name, b"_")).map(|_| "{}"),
        None => named(segment, b"-._~").then_some(segment),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use authsome_core::route::{CredentialKind, Reply, Request};

    use super::*;

    fn route(method: Method, path: &'static str) -> Route {
        let handler = |_: Request| async { Ok(Reply::empty(StatusCode::OK)) };
        Route::new(method, path).guard(Guard::Public).handler(handler)
    }

    #[test]
    fn a_route_that_is_declared_twice_is_refused() {
        let table = [route(Method::GET, "/a"), route(Method::POST, "/a"), route(Method::GET, "/a")];
        assert_eq!(check(&table), Err(TableError::Duplicate { method: Method::GET, path: "/a".to_owned() }));
        assert_eq!(check(&table[..2]), Ok(()));
    }

    #[test]
    fn paths_that_the_same_request_fits_are_refused() {
        let table = [route(Method::GET, "/a/{id}"), route(Method::POST, "/a/{name}")];
        assert!(matches!(check(&table), Err(TableError::Ambiguous { .. })));
        assert_eq!(check(&[route(Method::GET, "/a/{id}"), route(Method::GET, "/a/b")]), Ok(()));
    }

    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Body {
        text: String,
    }

    #[test]
    fn a_route_for_tickets_that_takes_none_is_refused() {
        let post = || Route::new(Method::POST, "/a");
        let ok = |_: Request| async { Ok(Reply::empty(StatusCode::OK)) };
        let refused = Err(TableError::Body { path: "/a".to_owned() });
        for guard in [Guard::Ticket, Guard::RecentSessionOrTicket] {
            assert_eq!(check(&[post().takes::<Body>().guard(guard).handler(ok)]), refused);
            let other = post().takes_credential(CredentialKind::VERIFICATION, |body: &Body| Some(body.text.as_str()));
            let other = other.guard(guard).handler(ok);
            assert_eq!(check(&[other]), refused);
            let ticket = post().takes_ticket(|body: &Body| Some(body.text.as_str())).guard(guard).handler(ok);
            assert_eq!(check(&[ticket]), Ok(()));
        }
    }

    #[test]
    fn a_route_that_streams_its_body_and_reads_something_from_it_is_refused() {
        let post = || Route::new(Method::POST, "/a").streams();
        let ok = |_: Request| async { Ok(Reply::empty(StatusCode::OK)) };
        let refused = Err(TableError::Body { path: "/a".to_owned() });
        let credential = post().takes_ticket(|body: &Body| Some(body.text.as_str())).guard(Guard::Public).handler(ok);
        assert_eq!(check(&[credential]), refused);
        let counted = post().counts(|body: &Body| Some(body.text.clone())).guard(Guard::Public).handler(ok);
        assert_eq!(check(&[counted]), refused);
        assert_eq!(check(&[post().counts_principal().guard(Guard::Session).handler(ok)]), Ok(()));
    }

    #[test]
    fn what_is_no_path_or_no_method_of_a_route_is_refused() {
        for path in ["", "a", "/", "/a/", "//a", "/{*rest}", "/a{id}", "/{}", "/{a-b}", "/a b", "/%41", "/:id", "/é"] {
            assert_eq!(check(&[route(Method::GET, path)]), Err(TableError::Path { path: path.to_owned() }));
        }
        for method in [Method::HEAD, Method::OPTIONS, Method::from_bytes(b"BREW").unwrap()] {
            assert!(matches!(check(&[route(method, "/a")]), Err(TableError::Method { .. })));
        }
    }
}
