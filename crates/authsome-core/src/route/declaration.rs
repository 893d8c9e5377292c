//! [`Route`]: a line of the table.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::{BodyCredential, BodySubject, CredentialKind, RateClass, RateSubject, Reply, Request};
use crate::error::{Code, Error};
use crate::permission::Permission;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Anyone. A credential that is sent must be valid all the same.
    Public,
    /// A session.
    Session,
    /// A session whose last proof of identity is at most 10 minutes old.
    RecentSession,
    /// The ticket of a half-done sign-in that waits for one of the user's second factors. The body carries it
    /// ([`RouteDraft::takes_ticket`]).
    Ticket,
    /// Either a session as [`Guard::RecentSession`] asks for, or the ticket of a half-done sign-in whose user has no
    /// second factor yet and needs one: what enrols a factor.
    RecentSessionOrTicket,
    /// The administrator's token, or a session or key with this permission.
    Permission(Permission),
    /// A session, for what is its user's own; or the administrator's token, or a key, with this permission.
    SessionOrPermission(Permission),
    /// The administrator's token alone.
    Administrator,
}

/// Makes the schema of a type. A function, so that a table of routes costs nothing until its document is asked for.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// An answer of a route.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// When it is given.
    pub description: &'static str,
    /// Its body; none where it has none.
    pub body: Option<SchemaOf>,
}

/// What the OpenAPI document says of a route.
#[derive(Clone, Debug, Default)]
pub struct Documentation {
    /// Group.
    pub tag: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The rest, in Markdown.
    pub description: &'static str,
    /// The body it takes; none where it takes none.
    pub body: Option<SchemaOf>,
    /// The query it takes, as an object; none where it takes none.
    pub query: Option<SchemaOf>,
    /// Its answers when it does what was asked.
    pub answers: Vec<Answer>,
    /// Its errors beyond those that its guard and form imply.
    pub errors: Vec<Code>,
}

/// What answers a route.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Answers a request that the guard let through.
    ///
    /// # Errors
    /// What the caller is told.
    async fn call(&self, request: Request) -> Result<Reply, Error>;
}

#[async_trait]
impl<F, Fut> Handler for F
where
    F: Fn(Request) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Reply, Error>> + Send,
{
    async fn call(&self, request: Request) -> Result<Reply, Error> {
        self(request).await
    }
}

/// A line of the table.
#[derive(Clone)]
pub struct Route {
    declared: Declared,
    handler: Arc<dyn Handler>,
}

/// All of a route but its handler.
#[derive(Clone, Debug)]
struct Declared {
    method: Method,
    path: &'static str,
    /// The strictest one until a guard is chosen.
    guard: Guard,
    rate: RateClass,
    subject: RateSubject,
    credential: Option<BodyCredential>,
    body_limit: Option<usize>,
    streams: bool,
    documentation: Documentation,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Declared { method, path, guard, .. } = &self.declared;
        write!(f, "{method} {path} ({guard:?})")
    }
}

impl Route {
    /// Begins a route. `path` is below the base path, with parameters in braces: `/sessions/{id}`.
    #[expect(clippy::new_ret_no_self, reason = "a route is new when it has a handler")]
    pub fn new(method: Method, path: &'static str) -> RouteDraft<Unguarded> {
        let declared = Declared {
            method,
            path,
            guard: Guard::Administrator,
            rate: RateClass::OTHER,
            subject: RateSubject::None,
            credential: None,
            body_limit: None,
            streams: false,
            documentation: Documentation::default(),
        };
        RouteDraft { declared, state: PhantomData }
    }

    /// Method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.declared.method
    }

    /// Path below the base path.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.declared.path
    }

    /// Who may call it.
    #[must_use]
    pub const fn guard(&self) -> Guard {
        self.declared.guard
    }

    /// How often it may be called.
    #[must_use]
    pub const fn rate(&self) -> RateClass {
        self.declared.rate
    }

    /// What its requests are counted on beside their address.
    #[must_use]
    pub const fn subject(&self) -> &RateSubject {
        &self.declared.subject
    }

    /// Most bytes of its bodies, where it says so.
    #[must_use]
    pub const fn body_limit(&self) -> Option<usize> {
        self.declared.body_limit
    }

    /// Whether its handler takes bodies as they come in.
    #[must_use]
    pub const fn streams(&self) -> bool {
        self.declared.streams
    }

    /// The credential in its bodies, if it takes one.
    #[must_use]
    pub const fn credential(&self) -> Option<&BodyCredential> {
        self.declared.credential.as_ref()
    }

    /// What the OpenAPI document says of it.
    #[must_use]
    pub const fn documentation(&self) -> &Documentation {
        &self.declared.documentation
    }

    /// What answers it.
    #[must_use]
    pub fn handler(&self) -> &Arc<dyn Handler> {
        &self.handler
    }
}

/// State of a route of which it was not said who may call it.
#[derive(Clone, Copy, Debug)]
pub struct Unguarded;

/// State of a route of which it was said who may call it.
#[derive(Clone, Copy, Debug)]
pub struct Guarded;

/// A route that is being declared.
#[derive(Clone, Debug)]
#[must_use = "a draft is no route until it has a handler"]
pub struct RouteDraft<State> {
    declared: Declared,
    state: PhantomData<State>,
}

impl<State> RouteDraft<State> {
    /// Says how often it may be called; [`RateClass::OTHER`] without it.
    pub fn rate(mut self, rate: RateClass) -> Self {
        self.declared.rate = rate;
        self
    }

    /// Says what it is about: a group and one line.
    pub fn about(mut self, tag: &'static str, summary: &'static str) -> Self {
        self.declared.documentation.tag = tag;
        self.declared.documentation.summary = summary;
        self
    }

    /// Says more, in Markdown.
    pub fn description(mut self, description: &'static str) -> Self {
        self.declared.documentation.description = description;
        self
    }

    /// Says what body it takes.
    pub fn takes<T: JsonSchema>(mut self) -> Self {
        self.declared.documentation.body = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Says what in the body requests are counted on beside their address, by the limit on subjects of the rate class: an
    /// account's name, a mailbox. Only an HMAC of it is stored.
    pub fn counts<T>(mut self, subject: fn(&T) -> Option<String>) -> Self
    where
        T: DeserializeOwned + 'static,
    {
        self.declared.subject = RateSubject::Body(BodySubject::new(subject));
        self
    }

    /// Says that requests are counted on who makes them beside their address.
    pub fn counts_principal(mut self) -> Self {
        self.declared.subject = RateSubject::Principal;
        self
    }

    /// Says what body it takes, and which credential is in it. A request acts in the environment of that credential, and
    /// is refused before its handler where no such credential exists, or where it names another environment. Its row is
    /// in the handler's context. A body for which `credential` gives nothing carries none.
    pub fn takes_credential<T>(mut self, kind: CredentialKind, credential: fn(&T) -> Option<&str>) -> Self
    where
        T: JsonSchema + DeserializeOwned + 'static,
    {
        self.declared.credential = Some(BodyCredential::new(kind, credential));
        self.takes::<T>()
    }

    /// Says what body it takes, and where in it the ticket of a half-done sign-in is.
    pub fn takes_ticket<T>(self, ticket: fn(&T) -> Option<&str>) -> Self
    where
        T: JsonSchema + DeserializeOwned + 'static,
    {
        self.takes_credential(CredentialKind::TICKET, ticket)
    }

    /// Says how many bytes its bodies have at most; without it, the server's limit holds (64 KiB by default).
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.declared.body_limit = Some(bytes);
        self
    }

    /// Says that its handler takes bodies as they come in, with [`Request::into_stream`]. Nobody reads them before it, so
    /// they carry neither a credential nor a subject.
    pub fn streams(mut self) -> Self {
        self.declared.streams = true;
        self
    }

    /// Says what query it takes.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.declared.documentation.query = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Says that it answers with a body.
    pub fn answers<T: JsonSchema>(mut self, status: StatusCode, description: &'static str) -> Self {
        let body: SchemaOf = SchemaGenerator::subschema_for::<T>;
        self.declared.documentation.answers.push(Answer { status, description, body: Some(body) });
        self
    }

    /// Says that it answers without a body.
    pub fn answers_empty(mut self, status: StatusCode, description: &'static str) -> Self {
        self.declared.documentation.answers.push(Answer { status, description, body: None });
        self
    }

    /// Says what errors it answers with, beyond those that its guard and form imply.
    pub fn errors(mut self, codes: &[Code]) -> Self {
        self.declared.documentation.errors.extend_from_slice(codes);
        self
    }
}

impl RouteDraft<Unguarded> {
    /// Says who may call it.
    pub fn guard(self, guard: Guard) -> RouteDraft<Guarded> {
        RouteDraft { declared: Declared { guard, ..self.declared }, state: PhantomData }
    }
}

impl RouteDraft<Guarded> {
    /// Says what answers it, which completes it.
    pub fn handler(self, handler: impl Handler + 'static) -> Route {
        Route { declared: self.declared, handler: Arc::new(handler) }
    }
}
