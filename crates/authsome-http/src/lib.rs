//! Authsome over HTTP: router, environment middleware, guards, problem details, OpenAPI.
//!
//! What lives here: how a request becomes a call of a service and its outcome an answer. What never does: a rule about
//! accounts, which is the engine's; a database; a socket, which is the server's.
//!
//! - [`Http`] is made once, of an engine and [`HttpOptions`], and makes the rest.
//! - [`Http::table`] is the one table of routes. It makes the [`Http::router`], the [`Http::openapi`] document, and the
//!   inventory that security suites walk.
//! - A request passes, in this order: its id and span (`observe`), its client's address, credential and environment
//!   (`gate`), the limit on its address (`rate`), the guard (`guard`), its body within the limit (`incoming`; before all
//!   of that where a credential is in it), and its handler.
//! - An error, whoever makes it, leaves as [`problem`].
//! - For an application's own routes there are [`Http::layer`] with the extractors [`RequireSession`], [`CurrentUser`]
//!   and [`CurrentEnvironment`], and [`Http::require`] for keys; where tokens are JSON Web Tokens, [`Http::jwt_layer`]
//!   and [`SessionClaims`].
//!
//! To add a route of accounts, add a file to `routes/` with the types of its body and answer, its declaration and its
//! handler, and list it in `routes::account`. A plugin brings its own.

mod admission;
mod answer;
mod client_address;
mod cookie;
mod dispatch;
mod docs_page;
mod extract;
mod gate;
mod guard;
mod health;
mod http;
mod incoming;
mod jwt;
mod layer;
mod naming;
mod observe;
mod openapi;
mod options;
mod origin;
pub mod problem;
mod rate;
mod request_id;
mod root;
mod router;
mod routes;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use self::http::Http;
#[doc(hidden)]
pub use admission::AdmissionService;
pub use extract::{CurrentEnvironment, CurrentUser, Rejection, RequireSession};
pub use jwt::{JwtLayer, SessionClaims};
pub use layer::EnvironmentLayer;
pub use options::HttpOptions;
pub use root::ROOT_PATHS;
pub use router::not_found;
pub use table::TableError;
