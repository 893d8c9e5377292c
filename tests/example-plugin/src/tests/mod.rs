//! What the plugin does, with stand-ins for the engine. What needs a real store and the real rules is tested over HTTP.

mod fakes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use authsome_core::appsessionconfig::TokenFormat;
use authsome_core::environment::{Environment, EnvironmentType, Settings, Sourced};
use authsome_core::error::{Code, Error};
use authsome_core::id::{AppId, EnvironmentId, NotificationId, SessionId, TypedId, UserId};
use authsome_core::notification::{Notification, NotificationKind, NotificationStatus};
use authsome_core::plugin::{DueNotice, Letter, Links, Method, NoticeKind, UserData};
use authsome_core::route::{
    ActiveEnvironment, Client, Context, Principal, RateClass, RateSubject, Reply, ReplyBody, Request,
    ResolvedCredential, Route,
};
use authsome_core::scope::Scope;
use authsome_core::secret::{MasterKey, Token};
use authsome_core::session::Session;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_core::value::Marker;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::notice::{SIGN_IN, SignInMail};
use crate::plugin::ByMagicLink;
use crate::user_data::MagicLinkData;
use crate::{MAGIC_LINK_TTL, MagicLink, routes};
use fakes::{Noted, OneLink, OneUser};

const NOW: Timestamp = Timestamp::EPOCH;

fn id<T: TypedId>() -> T {
    T::first_at(NOW)
}

fn scope() -> Scope {
    Scope { app_id: id::<AppId>(), env_id: id::<EnvironmentId>() }
}

/// An account whose address was proven.
fn ada() -> User {
    let mut user = User::new(id::<UserId>(), scope(), &"Ada@example.com".parse().unwrap(), NOW);
    user.email_verified = true;
    user
}

fn environment(settings: &str) -> ActiveEnvironment {
    let own: Settings = serde_json::from_str(settings).unwrap();
    let none = Settings::default();
    let settings = Sourced::resolve(&own, &none, &none, &[MAGIC_LINK_TTL.declaration()]).effective();
    let Scope { app_id, env_id } = scope();
    let environment = Environment {
        id: env_id,
        app_id,
        name: "Staging".to_owned(),
        slug: "staging".to_owned(),
        kind: EnvironmentType::Staging,
        publishable_key: String::new(),
        description: None,
        color: EnvironmentType::Staging.color().to_owned(),
        is_default: Marker(true),
        is_active: true,
        settings: own,
        metadata: BTreeMap::new(),
        created_at: NOW,
        updated_at: NOW,
        deleted_at: None,
    };
    ActiveEnvironment { environment, settings, token_format: TokenFormat::Opaque }
}

fn mail() -> SignInMail {
    SignInMail::new(MasterKey::from_bytes([7; 32]).derive("plugin/magic_link/token"))
}

/// The mail that a user is sent.
async fn letter(store: &OneLink, user: Option<&User>, at: &ActiveEnvironment, now: Timestamp) -> Option<Letter> {
    let notification = Notification {
        id: id::<NotificationId>(),
        scope: scope(),
        user_id: None,
        kind: NotificationKind::Plugin(SIGN_IN.into()),
        recipient: "ada@example.com".to_owned(),
        status: NotificationStatus::Pending,
        attempts: 1,
        due_at: Some(now),
        last_error: None,
        created_at: NOW,
        sent_at: None,
    };
    let links = Links::new("https://app.example");
    let due = DueNotice { notification: &notification, user, environment: at, store, links, now };
    mail().letter(&due).await.unwrap()
}

/// The link that a mail to Ada carries.
async fn link() -> (Arc<OneLink>, MagicLink) {
    let store = OneLink::default();
    letter(&store, Some(&ada()), &environment("{}"), NOW).await.unwrap();
    let link = store.link().unwrap();
    (OneLink::with(link.clone()), link)
}

fn sign_ins(user: User, store: &Arc<OneLink>) -> Arc<OneUser> {
    let session = Session {
        id: id::<SessionId>(),
        scope: scope(),
        user_id: user.id,
        token_hash: Token::presented("ast_x").hash(),
        organization_id: None,
        device_id: None,
        ip: None,
        user_agent: None,
        method: "magic_link".to_owned(),
        amr: vec!["email".to_owned()],
        created_at: NOW,
        authenticated_at: NOW,
        last_seen_at: NOW,
        expires_at: NOW,
        refresh_expires_at: NOW,
    };
    Arc::new(OneUser { user, session, store: Arc::clone(store), proofs: Vec::new().into() })
}

fn route(path: &str) -> Route {
    routes::routes().into_iter().find(|route| route.path() == path).unwrap()
}

fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// What a route answers.
async fn call(path: &str, body: &'static str, context: Context) -> Result<Reply, Error> {
    let (route, headers) = (route(path), json_headers());
    let body = Bytes::from_static(body.as_bytes()).into();
    let request = Request { context, params: BTreeMap::new(), query: String::new(), headers, body };
    route.handler().call(request).await
}

fn context(sign_ins: &Arc<OneUser>, notices: &Arc<Noted>, link: Option<MagicLink>, now: Timestamp) -> Context {
    Context {
        environment: Arc::new(environment("{}")),
        principal: Principal::Anonymous,
        client: Client::default(),
        now,
        request_id: String::new(),
        credential: link.map(ResolvedCredential::new),
        sign_ins: Arc::<OneUser>::clone(sign_ins),
        notices: Arc::<Noted>::clone(notices),
    }
}

async fn redeem(sign_ins: &Arc<OneUser>, link: &MagicLink, now: Timestamp) -> Result<Reply, Error> {
    let context = context(sign_ins, &Arc::default(), Some(link.clone()), now);
    call("/magic-link/redeem", r#"{"token": "aml_x"}"#, context).await
}

#[tokio::test]
async fn every_try_of_a_mail_carries_the_same_token() {
    let store = OneLink::default();
    let later = NOW.plus(Duration::from_secs(60));
    let first = letter(&store, Some(&ada()), &environment("{}"), NOW).await.unwrap();
    let second = letter(&store, Some(&ada()), &environment("{}"), later).await.unwrap();
    assert_eq!(first.link, second.link);
    let link = store.link().unwrap();
    let token = mail().token(link.id);
    assert_eq!(link.token_hash, token.hash());
    assert_eq!(first.link.unwrap(), format!("https://app.example/magic-link?token={}", token.expose()));
    assert_eq!(link.created_at, NOW, "a further try does not make it last longer");
}

#[tokio::test]
async fn a_link_lasts_as_long_as_its_environment_says() {
    for (settings, seconds) in [("{}", 900), (r#"{"magic_link_ttl": 60}"#, 60)] {
        let store = OneLink::default();
        letter(&store, Some(&ada()), &environment(settings), NOW).await.unwrap();
        assert_eq!(store.link().unwrap().expires_at, NOW.plus(Duration::from_secs(seconds)));
    }
}

#[tokio::test]
async fn no_link_is_mailed_to_whom_it_could_not_or_must_not_sign_in() {
    let never_proven = User { email_verified: false, ..ada() };
    let banned = User { banned: true, ..ada() };
    let mut suspended = environment("{}");
    suspended.environment.is_active = false;
    let without_links = environment(r#"{"allowed_auth_methods": ["password"]}"#);
    let open = environment("{}");
    let ada = ada();
    for (user, at) in [
        (None, &open),
        (Some(&never_proven), &open),
        (Some(&banned), &open),
        (Some(&ada), &suspended),
        (Some(&ada), &without_links),
    ] {
        let store = OneLink::default();
        assert!(letter(&store, user, at, NOW).await.is_none());
        assert_eq!(store.link(), None);
    }
}

#[tokio::test]
async fn a_link_that_was_used_or_is_expired_is_not_mailed_again() {
    let (_, link) = link().await;
    let used = MagicLink { consumed_at: Some(NOW), ..link.clone() };
    assert!(letter(&OneLink::with(used), Some(&ada()), &environment("{}"), NOW).await.is_none());
    let expired = link.expires_at;
    assert!(letter(&OneLink::with(link), Some(&ada()), &environment("{}"), expired).await.is_none());
}

#[tokio::test]
async fn a_request_for_a_link_queues_a_mail_for_any_address() {
    let notices = Arc::<Noted>::default();
    let nobody = sign_ins(ada(), &Arc::default());
    let reply = call("/magic-link", r#"{"email": "NOBODY@example.com"}"#, context(&nobody, &notices, None, NOW)).await;
    assert_eq!(reply.unwrap().status, StatusCode::ACCEPTED);
    assert_eq!(*notices.0.lock().unwrap(), [(SIGN_IN, "nobody@example.com".to_owned())]);
}

#[test]
fn requests_for_links_are_counted_on_the_mailbox_in_every_spelling() {
    let route = route("/magic-link");
    assert_eq!(route.rate(), RateClass::MAIL);
    let RateSubject::Body(subject) = route.subject() else { panic!("the mailbox is counted") };
    let body = Bytes::from_static(br#"{"email": "ADA@example.com"}"#);
    assert_eq!(subject.read(&json_headers(), &body).unwrap().as_deref(), Some("ada@example.com"));
}

#[tokio::test]
async fn no_mail_is_queued_where_links_sign_nobody_in() {
    let mut suspended = environment("{}");
    suspended.environment.is_active = false;
    let without_links = environment(r#"{"allowed_auth_methods": ["password"]}"#);
    for (at, code) in [(suspended, Code::EnvironmentInactive), (without_links, Code::MethodNotAllowedHere)] {
        let notices = Arc::<Noted>::default();
        let context = context(&sign_ins(ada(), &Arc::default()), &notices, None, NOW);
        let context = Context { environment: Arc::new(at), ..context };
        let refused = call("/magic-link", r#"{"email": "ada@example.com"}"#, context).await.unwrap_err();
        assert_eq!(refused.code(), code);
        assert!(notices.0.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_account_can_use_links_once_its_address_was_proven() {
    let never_proven = User { email_verified: false, ..ada() };
    for (user, can) in [(ada(), true), (never_proven, false)] {
        assert_eq!(ByMagicLink.is_available(&user, &OneLink::default()).await.unwrap(), can);
    }
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let (store, link) = link().await;
    let port = sign_ins(ada(), &store);
    let reply = redeem(&port, &link, NOW).await.unwrap();
    let ReplyBody::Json(body) = reply.body else { panic!("it answers with JSON") };
    assert_eq!((&body["user"]["email"], &body["session"]["token"]), (&"Ada@example.com".into(), &"ast_x".into()));
    assert_eq!(*port.proofs.lock().unwrap(), [("magic_link".to_owned(), vec!["email".to_owned()])]);
    // The second request had read the row before the first one used it up.
    assert_eq!(redeem(&port, &link, NOW).await.unwrap_err().code(), Code::InvalidToken);
}

#[tokio::test]
async fn a_link_that_was_used_or_is_expired_is_refused_before_any_hook_hears_of_it() {
    let (store, link) = link().await;
    let port = sign_ins(ada(), &store);
    let used = MagicLink { consumed_at: Some(NOW), ..link.clone() };
    for (link, now) in [(&used, NOW), (&link, link.expires_at)] {
        assert_eq!(redeem(&port, link, now).await.unwrap_err().code(), Code::InvalidToken);
    }
    assert!(port.proofs.lock().unwrap().is_empty());
    assert_eq!(store.link().unwrap().consumed_at, None);
}

#[tokio::test]
async fn a_link_proves_nothing_where_its_address_is_no_longer_the_proven_one_of_the_account() {
    let (store, link) = link().await;
    let mut moved = ada();
    moved.set_email(&"ada@elsewhere.example".parse().unwrap());
    moved.email_verified = true;
    for user in [moved, User { email_verified: false, ..ada() }] {
        let port = sign_ins(user, &store);
        assert_eq!(redeem(&port, &link, NOW).await.unwrap_err().code(), Code::InvalidToken);
        assert_eq!(store.link().unwrap().consumed_at, None);
    }
}

#[tokio::test]
async fn links_are_exported_without_their_hashes_and_go_with_the_user() {
    let (store, _) = link().await;
    let exported = MagicLinkData.export(&*store, &scope(), ada().id).await.unwrap();
    let fields: Vec<&String> = exported["magic_links"][0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["consumed_at", "created_at", "email", "expires_at", "id"]);
    MagicLinkData.erase(&*store, &scope(), ada().id).await.unwrap();
    assert_eq!(store.link(), None);
}
