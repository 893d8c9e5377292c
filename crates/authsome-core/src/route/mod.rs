//! Routes as data: method, path, guard, rate class, documentation and handler, over the `http` crate's types.
//!
//! The table of routes makes the router, the OpenAPI document and the inventory that the security suites walk. A route
//! without a guard cannot be declared: a handler is only taken once a guard was chosen.

mod bearing;
mod body;
mod context;
mod declaration;
mod rate;
mod reply;
mod request;

pub use bearing::{BodyCredential, CredentialKind, ResolvedCredential};
pub use body::BodyStream;
pub use context::{ActiveEnvironment, Client, Context, Principal};
pub use declaration::{Answer, Documentation, Guard, Guarded, Handler, Route, RouteDraft, SchemaOf, Unguarded};
pub use rate::{BodySubject, RateClass, RateLimit, RateSubject};
pub use reply::{CookieChange, Reply, ReplyBody, ReplyStream};
pub use request::{Request, RequestBody};
