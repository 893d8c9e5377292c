//! An engine on the memory store behind its router, and requests to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Http, HttpOptions, problem};
use authsome_core::clock::ManualClock;
use authsome_core::entropy::SeededEntropy;
use authsome_core::error::Error;
use authsome_core::mail::{Mail, MailError, Mailer};
use authsome_core::permission::{Permission, Resource};
use authsome_core::plugin::{Capabilities, Host, Plugin};
use authsome_core::route::{CredentialKind, Guard, Reply, Request, Route};
use authsome_core::secret::{MasterKey, SecretString};
use authsome_core::time::Timestamp;
use authsome_engine::{Config, Engine};
use authsome_plugin_password::PasswordPlugin;
use authsome_store_memory::MemoryStore;

use super::factor::Factor;
use super::probe::Probe;

pub(in crate::tests) const BASE: &str = "/v1/auth";
pub(in crate::tests) const ADMIN: &str = "administrator-token-of-the-test-suite";
pub(in crate::tests) const PASSWORD: &str = "correct horse battery staple";

/// Keeps the mails that were sent.
#[derive(Default)]
struct Mails(Mutex<Vec<Mail>>);

#[async_trait]
impl Mailer for Mails {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// Routes that account routes are not: for the administrator, with a ticket, panicking, never ending.
struct Odd;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct WithTicket {
    mfa_ticket: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct WithTicketOrNone {
    mfa_ticket: Option<String>,
}

impl Plugin for Odd {
    fn name(&self) -> &'static str {
        "odd"
    }

    fn install(&self, _: Host) -> Result<Capabilities, Error> {
        let ok = |_: Request| async { Ok(Reply::empty(StatusCode::NO_CONTENT)) };
        let panics = |_: Request| async { panic!("s3cret") };
        let hangs = |_: Request| std::future::pending::<Result<Reply, Error>>();
        Ok(Capabilities {
            routes: vec![
                Route::new(Method::GET, "/odd/admin").guard(Guard::Administrator).handler(ok),
                Route::new(Method::POST, "/odd/users")
                    .guard(Guard::Permission(Permission::write(Resource::Users)))
                    .handler(ok),
                Route::new(Method::POST, "/odd/ticket")
                    .takes_credential(CredentialKind::TICKET, |body: &WithTicket| Some(body.mfa_ticket.as_str()))
                    .guard(Guard::Public)
                    .handler(ok),
                Route::new(Method::POST, "/odd/challenge")
                    .takes_ticket(|body: &WithTicketOrNone| body.mfa_ticket.as_deref())
                    .guard(Guard::Ticket)
                    .handler(ok),
                Route::new(Method::POST, "/odd/enroll")
                    .takes_ticket(|body: &WithTicketOrNone| body.mfa_ticket.as_deref())
                    .guard(Guard::RecentSessionOrTicket)
                    .handler(ok),
                Route::new(Method::GET, "/odd/panic").guard(Guard::Public).handler(panics),
                Route::new(Method::GET, "/odd/hang").guard(Guard::Public).handler(hangs),
            ],
            ..Capabilities::default()
        })
    }
}

pub(in crate::tests) struct Fixture {
    pub(in crate::tests) engine: Engine,
    pub(in crate::tests) clock: Arc<ManualClock>,
    pub(in crate::tests) http: Http,
    pub(in crate::tests) router: Router,
    pub(in crate::tests) probe: Probe,
    mails: Arc<Mails>,
}

/// A person who signed in.
pub(in crate::tests) struct Person {
    pub(in crate::tests) id: String,
    pub(in crate::tests) token: String,
    pub(in crate::tests) refresh_token: String,
    pub(in crate::tests) session: String,
}

impl Person {
    pub(in crate::tests) fn of(body: &Value) -> Self {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            id: text("/user/id"),
            token: text("/session/token"),
            refresh_token: text("/session/refresh_token"),
            session: text("/session/id"),
        }
    }
}

impl Fixture {
    pub(in crate::tests) async fn new() -> Self {
        Self::with(Config::default(), HttpOptions::default()).await
    }

    /// One that limits no rates, for tests that walk the whole table.
    pub(in crate::tests) async fn without_limits() -> Self {
        Self::with(Config { rate_limits: false, ..Config::default() }, HttpOptions::default()).await
    }

    pub(in crate::tests) async fn with(config: Config, options: HttpOptions) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000).unwrap()));
        let mails = Arc::new(Mails::default());
        let probe = Probe::default();
        let engine = Engine::builder()
            .store(MemoryStore::new())
            .clock(Arc::<ManualClock>::clone(&clock))
            .entropy(Arc::new(SeededEntropy::new(7)))
            .master_key(MasterKey::from_bytes([9; 32]))
            .mailer(Arc::<Mails>::clone(&mails))
            .config(config)
            .plugin(PasswordPlugin::default())
            .plugin(Odd)
            .plugin(Factor::default())
            .plugin(probe.clone())
            .build()
            .unwrap();
        engine.prepare().await.unwrap();
        let options = HttpOptions { admin_token: Some(SecretString::new(ADMIN.to_owned())), ..options };
        let http = Http::new(&engine, options);
        let router = http.standalone().unwrap();
        Self { engine, clock, http, router, probe, mails }
    }

    /// Signs a person up in an environment.
    pub(in crate::tests) async fn person_in(&self, environment: &str, email: &str) -> Person {
        let call = Call::post("/signup").environment(environment);
        let answer = call.json(&json!({"email": email, "password": PASSWORD})).send(self).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        Person::of(&answer.body)
    }

    /// Signs a person up in the default environment.
    pub(in crate::tests) async fn person(&self, email: &str) -> Person {
        self.person_in("development", email).await
    }

    /// Sends what is queued, and gives the token of the last mail.
    pub(in crate::tests) async fn mailed_token(&self) -> String {
        self.engine.run_jobs_once().await.unwrap();
        let mails = self.mails.0.lock().unwrap();
        let link = mails.last().and_then(|mail| mail.link.clone()).expect("a mail with a link");
        link.split_once("token=").expect("a link with a token").1.to_owned()
    }

    /// Gives the token of the last mail to an address.
    pub(in crate::tests) async fn token_mailed_to(&self, to: &str) -> String {
        self.engine.run_jobs_once().await.unwrap();
        let mails = self.mails.0.lock().unwrap();
        let mail = mails.iter().rev().find(|mail| mail.to == to && mail.link.is_some()).expect("a mail to the address");
        mail.link.as_deref().and_then(|link| link.split_once("token=")).expect("a link with a token").1.to_owned()
    }

    pub(in crate::tests) async fn mails(&self) -> usize {
        self.engine.run_jobs_once().await.unwrap();
        self.mails.0.lock().unwrap().len()
    }
}

/// A request.
pub(in crate::tests) struct Call {
    method: Method,
    uri: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    peer: Option<SocketAddr>,
}

/// An answer. Its body is null if it is empty.
#[derive(Debug)]
pub(in crate::tests) struct Answer {
    pub(in crate::tests) status: u16,
    pub(in crate::tests) headers: HeaderMap,
    pub(in crate::tests) body: Value,
    pub(in crate::tests) text: String,
}

impl Call {
    /// A request to a path below the base path.
    pub(in crate::tests) fn new(method: Method, path: &str) -> Self {
        Self::root(method, &format!("{BASE}{path}"))
    }

    /// A request to a path below the root.
    pub(in crate::tests) fn root(method: Method, uri: &str) -> Self {
        Self { method, uri: uri.to_owned(), headers: Vec::new(), body: Vec::new(), peer: None }
    }

    pub(in crate::tests) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(in crate::tests) fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    pub(in crate::tests) fn patch(path: &str) -> Self {
        Self::new(Method::PATCH, path)
    }

    pub(in crate::tests) fn put(path: &str) -> Self {
        Self::new(Method::PUT, path)
    }

    pub(in crate::tests) fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(in crate::tests) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(in crate::tests) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// With the administrator's token.
    pub(in crate::tests) fn admin(self) -> Self {
        self.bearer(ADMIN)
    }

    pub(in crate::tests) fn confirm(self, action: &str) -> Self {
        self.header("x-authsome-confirm", action)
    }

    pub(in crate::tests) fn cookie(self, token: &str) -> Self {
        self.header("cookie", format!("authsome_session={token}"))
    }

    pub(in crate::tests) fn environment(self, name: &str) -> Self {
        self.header("x-authsome-environment", name)
    }

    pub(in crate::tests) fn peer(mut self, address: &str) -> Self {
        self.peer = Some(SocketAddr::new(address.parse().unwrap(), 4_711));
        self
    }

    pub(in crate::tests) fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(in crate::tests) fn raw(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    pub(in crate::tests) async fn send(self, fixture: &Fixture) -> Answer {
        self.send_to(fixture.router.clone()).await
    }

    pub(in crate::tests) async fn send_to(self, router: Router) -> Answer {
        let mut request = http::Request::builder().method(self.method).uri(self.uri);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(self.body)).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, body, text }
    }
}

impl Answer {
    /// Asserts that this is a problem with this code, in the form that every problem has, and gives it.
    #[track_caller]
    pub(in crate::tests) fn problem(&self, code: &str) -> &Value {
        assert_eq!(self.body["code"], code, "{self:?}");
        assert_eq!(self.headers[header::CONTENT_TYPE], problem::MEDIA_TYPE, "{self:?}");
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store", "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        assert_eq!(self.body["type"], format!("{}{code}", problem::TYPE_BASE), "{self:?}");
        assert!(self.body["title"].is_string() && self.body["detail"].is_string(), "{self:?}");
        assert!(self.headers.contains_key("x-request-id"), "{self:?}");
        &self.body
    }

    #[track_caller]
    pub(in crate::tests) fn ok(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store", "{self:?}");
        assert!(self.headers.contains_key("x-request-id"), "{self:?}");
        &self.body
    }
}
