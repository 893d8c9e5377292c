//! Routes as data: method, path, guard, rate class, documentation and handler, over the `http` crate's types.
//!
//! The table of routes makes the router, the OpenAPI document and the inventory that the security suites walk. A route
//! without a guard cannot be declared: a handler is only taken once a guard was chosen.

mod bearing;
mod context;
mod declaration;
mod reply;
mod request;

pub use bearing::{BodyCredential, BodyCredentialKind};
pub use context::{ActiveEnvironment, Client, Context, Principal};
pub use declaration::{
    Answer, Documentation, Guard, Guarded, Handler, RateClass, Route, RouteDraft, SchemaOf, Unguarded,
};
pub use reply::Reply;
pub use request::Request;
