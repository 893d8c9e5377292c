//! That look-ups are served by indexes: the server explains each command that the store sends.

use std::time::Duration;

use authsome_core::authenticator;
use authsome_core::device::{Device, DeviceStore};
use authsome_core::entity::{Entity, Page};
use authsome_core::id::{DeviceId, SessionId, UserId};
use authsome_core::identity::Email;
use authsome_core::notification::Notification;
use authsome_core::organization::OrganizationStore;
use authsome_core::records::Direction;
use authsome_core::secret::Token;
use authsome_core::session::{Session, SessionStore};
use authsome_core::time::Timestamp;
use authsome_core::user::{User, UserQuery, UserStore};
use authsome_core::value::Value;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use crate::fixture::{Home, Seen, id, row, settled, text, user, watching};

/// The stages of the plans of all commands since the last call, with the indexes that they walk.
async fn plans(seen: &Seen, database: &Database) -> Vec<String> {
    let commands = std::mem::take(&mut *seen.lock().unwrap());
    let mut plans = Vec::new();
    for command in commands {
        let name = command.keys().next().cloned().unwrap_or_default();
        if !["find", "aggregate", "findAndModify", "update", "delete"].contains(&name.as_str()) {
            continue;
        }
        let own = [
            "lsid",
            "$clusterTime",
            "txnNumber",
            "$db",
            "autocommit",
            "startTransaction",
            "readConcern",
            "writeConcern",
        ];
        let command: Document = command.into_iter().filter(|(field, _)| !own.contains(&field.as_str())).collect();
        let target = command.get_str(&name).unwrap_or_default().to_owned();
        let explained = database.run_command(doc! {"explain": command, "verbosity": "queryPlanner"}).await.unwrap();
        let mut stages = Vec::new();
        winning(&Bson::Document(explained), &mut stages);
        plans.push(format!("{name} {target}: {}", stages.join(" ")));
    }
    plans
}

/// The stages of the winning plan, wherever the server puts it.
fn winning(explained: &Bson, stages: &mut Vec<String>) {
    let Bson::Document(inner) = explained else {
        explained.as_array().into_iter().flatten().for_each(|item| winning(item, stages));
        return;
    };
    for (name, item) in inner {
        match name.as_str() {
            "winningPlan" => collect(item, stages),
            "rejectedPlans" | "command" => {}
            _ => winning(item, stages),
        }
    }
}

fn collect(plan: &Bson, stages: &mut Vec<String>) {
    match plan {
        Bson::Document(inner) => {
            if let Ok(stage) = inner.get_str("stage") {
                let index = inner.get_str("indexName").map(|index| format!("({index})")).unwrap_or_default();
                stages.push(format!("{stage}{index}"));
            }
            inner.iter().filter(|(name, _)| *name != "slotBasedPlan").for_each(|(_, item)| collect(item, stages));
        }
        Bson::Array(items) => items.iter().for_each(|item| collect(item, stages)),
        _ => {}
    }
}

/// The catalogue is read whole: it has a document a table.
fn bad(plans: &[String]) -> Vec<&String> {
    let scans = |plan: &&String| plan.contains("COLLSCAN") || plan.contains("SORT");
    plans.iter().filter(scans).filter(|plan| !plan.contains("authsome_schema:")).collect()
}

#[tokio::test]
async fn every_look_up_is_served_by_an_index_and_nothing_is_sorted() {
    let (seen, handler) = watching();
    let home = Home::new(Some(handler)).await;
    let store = &home.store;
    let scope = settled(store).await;
    for number in 0..100 {
        user(&scope, number).insert(&scope, store).await.unwrap();
    }
    let alice = user(&scope, 7);
    let lasting = Value::Time(Timestamp::EPOCH.plus(Duration::from_secs(3_600)));
    for number in 0..50_u8 {
        let session: Session = row(&[
            ("id", text(id::<SessionId>(500 + u64::from(number)))),
            ("app_id", text(scope.app_id)),
            ("env_id", text(scope.env_id)),
            ("user_id", text(user(&scope, u64::from(number % 10)).id)),
            ("token_hash", Value::Bytes(vec![number; 32])),
            ("device_id", text(id::<DeviceId>(u64::from(number % 10)))),
            ("amr", Value::Json(serde_json::json!([]))),
            ("last_seen_at", lasting.clone()),
            ("refresh_expires_at", lasting.clone()),
        ]);
        session.insert(&scope, store).await.unwrap();
    }
    seen.lock().unwrap().clear();

    let session: SessionId = id(507);
    let hash = Token::presented("token").hash();
    let page = Page::first(10);
    authenticator::resolve::<Session>(&hash, store).await.unwrap();
    let by_token = plans(&seen, &home.beside).await;
    assert_eq!(by_token.len(), 1, "{by_token:?}");
    assert!(by_token[0].contains("IXSCAN(authsome_sessions_token_key)"), "{by_token:?}");

    store.session(&scope, session).await.unwrap();
    store.session_by_token(&scope, &hash).await.unwrap();
    store.list_user_sessions(&scope, alice.id, Page::first(10)).await.unwrap();
    let alive = Session::alive(Timestamp::EPOCH, Duration::from_secs(600));
    store.oldest_user_sessions(&scope, alice.id, alive.clone(), 10).await.unwrap();
    store.count_user_sessions(&scope, alice.id, alive).await.unwrap();
    store.touch_session(&scope, session, Timestamp::EPOCH, Timestamp::EPOCH).await.unwrap();
    store.clear_session_device(&scope, id(3)).await.unwrap();
    let device: DeviceId = id(5);
    let by_device = Session::find(&scope).filter(Session::DEVICE_ID.eq(device)).filter(Session::ID.lt(session));
    by_device.limit(5).all(store).await.unwrap();
    Session::find(&scope).filter(Session::ID.lt(session)).limit(5).all(store).await.unwrap();
    Device::find(&scope).order_by(Device::ID, Direction::Ascending).limit(5).all(store).await.unwrap();
    store.list_user_devices(&scope, alice.id, Page::first(10)).await.unwrap();
    store.user(&scope, alice.id).await.unwrap();
    store.user_by_email(&scope, &"user7@example.com".parse::<Email>().unwrap()).await.unwrap();
    store.list_users(&scope, &UserQuery::default(), Page::first(10)).await.unwrap();
    let beginning = UserQuery { prefix: Some("user1".to_owned()), ..UserQuery::default() };
    store.list_users(&scope, &beginning, Page::first(10)).await.unwrap();
    store.count_users(&scope, &beginning).await.unwrap();
    store.organization_by_slug(&scope, "slug").await.unwrap();
    store.list_organizations(&scope, page).await.unwrap();
    store.list_members(&scope, id(1), Page::first(10)).await.unwrap();
    store.list_user_memberships(&scope, alice.id, Page::first(10)).await.unwrap();
    store.list_invitations(&scope, id(1), Page::first(10)).await.unwrap();
    store.list_teams(&scope, id(1), Page::first(10)).await.unwrap();
    authenticator::delete_expired::<Session>(Timestamp::MIN, 100, store).await.unwrap();
    let looked_up = plans(&seen, &home.beside).await;
    assert!(looked_up.len() > 25, "{looked_up:?}");
    assert_eq!(bad(&looked_up), Vec::<&String>::new());

    // With what refers to it.
    store.delete_session(&scope, session).await.unwrap();
    store.erase_user(&scope, alice.id).await.unwrap();
    let deleted = plans(&seen, &home.beside).await;
    assert!(deleted.iter().any(|plan| plan.starts_with("find authsome_refresh_tokens")), "{deleted:?}");
    assert_eq!(bad(&deleted), Vec::<&String>::new());

    // Whose order is not that of what they are found by: few are due at a time.
    authenticator::due::<Notification>(Timestamp::EPOCH, 10, store).await.unwrap();
    let due = plans(&seen, &home.beside).await;
    let found = due.iter().find(|plan| plan.starts_with("find authsome_notifications"));
    assert!(found.is_some_and(|plan| plan.contains("IXSCAN(authsome_notifications_due_idx)")), "{due:?}");
    let absent: UserId = id(9_999);
    assert_eq!(User::find(&scope).filter(User::ID.eq(absent)).one(store).await.unwrap(), None);
    home.leave().await;
}
