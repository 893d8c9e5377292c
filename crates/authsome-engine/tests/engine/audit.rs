//! The list of what happened.

use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::entity::Page;
use authsome_core::environment::EnvironmentType;
use authsome_core::error::Code;
use authsome_core::event::Event;
use authsome_core::id::EventId;
use authsome_core::route::Principal;
use authsome_core::time::Timestamp;
use authsome_engine::{EventQuery, NewApp, NewEnvironment};

use crate::common::*;

impl World {
    async fn audit(&self, query: &EventQuery) -> Vec<Event> {
        self.here().await.audit().list(query, Page::first(200)).await.unwrap().data
    }
}

fn actions(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.action.as_str()).collect()
}

fn at(seconds_later: u64) -> Timestamp {
    start_of_tests().plus(seconds(seconds_later))
}

/// A world in which alice registered at 0 s, bob at 10 s, and the administrator banned bob at 20 s.
async fn eventful() -> (World, String, String) {
    let world = World::new().await;
    let alice = world.sign_up(ALICE).await.user.id;
    world.advance(seconds(10));
    let bob = world.sign_up("bob@example.com").await.user.id;
    world.advance(seconds(10));
    world.here().await.acting(&Principal::Administrator, &client()).users().ban(bob).await.unwrap();
    (world, alice.to_string(), bob.to_string())
}

#[tokio::test]
async fn events_are_found_by_who_did_them_what_was_done_and_to_whom() {
    let (world, alice, bob) = eventful().await;
    let all = world.audit(&EventQuery::default()).await;
    assert!(all.is_sorted_by(|newer, older| newer.id > older.id));
    let by = |actor: &str| EventQuery { actor: Some(actor.to_owned()), ..EventQuery::default() };
    // Both at one moment, so in either order.
    let by_administrator = world.audit(&by("administrator")).await;
    let mut by_administrator = actions(&by_administrator);
    by_administrator.sort_unstable();
    assert_eq!(by_administrator, ["sessions.revoked", "user.banned"]);
    let of_alice = world.audit(&by(&alice)).await;
    assert!(!of_alice.is_empty() && of_alice.iter().all(|event| event.actor.as_ref() == Some(&alice)));
    let done = EventQuery { action: Some("user.created".to_owned()), ..EventQuery::default() };
    assert_eq!(world.audit(&done).await.len(), 2);
    let to_bob = EventQuery { target: Some(bob.clone()), ..EventQuery::default() };
    assert!(world.audit(&to_bob).await.iter().all(|event| event.target.as_ref() == Some(&bob)));
    let both = EventQuery { target: Some(bob.clone()), ..done.clone() };
    assert_eq!(actions(&world.audit(&both).await), ["user.created"]);
    let neither = EventQuery { actor: Some("administrator".to_owned()), ..done };
    assert!(world.audit(&neither).await.is_empty());
}

#[tokio::test]
async fn a_span_of_time_begins_with_its_first_moment_and_ends_before_its_last() {
    let (world, alice, bob) = eventful().await;
    let span =
        |since, until| EventQuery { action: Some("user.created".to_owned()), since, until, ..EventQuery::default() };
    let targets = async |since, until| -> Vec<String> {
        let events = world.audit(&span(since, until)).await;
        events.into_iter().filter_map(|event| event.target).collect()
    };
    assert_eq!(targets(None, None).await, [bob.clone(), alice.clone()]);
    assert_eq!(targets(Some(at(10)), None).await, std::slice::from_ref(&bob));
    assert_eq!(targets(None, Some(at(10))).await, std::slice::from_ref(&alice));
    assert_eq!(targets(Some(at(0)), Some(at(11))).await, [bob.clone(), alice]);
    assert_eq!(targets(Some(at(10)), Some(at(11))).await, [bob]);
    assert!(targets(Some(at(11)), None).await.is_empty());
    assert!(targets(Some(at(10)), Some(at(10))).await.is_empty());
    assert!(targets(Some(Timestamp::MAX), None).await.is_empty());
    assert!(targets(None, Some(Timestamp::MIN)).await.is_empty());
}

#[tokio::test]
async fn pages_give_each_event_once_newest_first() {
    let (world, ..) = eventful().await;
    let all = world.audit(&EventQuery::default()).await;
    let audit = world.here().await.audit();
    let (mut seen, mut page) = (Vec::new(), Page::<EventId>::first(3));
    loop {
        let listed = audit.list(&EventQuery::default(), page).await.unwrap();
        assert!(listed.data.len() <= 3);
        seen.extend(listed.data);
        match listed.next_cursor {
            Some(after) => page = Page::after(after, 3),
            None => break,
        }
    }
    assert!(seen.len() > 6);
    assert_eq!(seen, all);
}

#[tokio::test]
async fn another_environments_events_are_not_listed() {
    let (world, alice, _) = eventful().await;
    let staging = world.environment("staging").await.audit();
    assert!(staging.list(&EventQuery::default(), Page::default()).await.unwrap().data.is_empty());
    let of_alice = EventQuery { actor: Some(alice), ..EventQuery::default() };
    assert!(staging.list(&of_alice, Page::default()).await.unwrap().data.is_empty());
}

#[tokio::test]
async fn what_happens_to_an_app_and_its_environments_is_found_like_what_happens_in_one() {
    let world = World::new().await;
    let (app, apps) = (world.app().await, world.engine.apps());
    world.advance(seconds(10));
    let new = NewEnvironment::new("Preview", EnvironmentType::Custom);
    let made = world.environments().await.acting(&Principal::Administrator).create(&new).await.unwrap().id;
    world.advance(seconds(10));
    world.environments().await.deactivate(made).await.unwrap();
    let found = async |query: &EventQuery, page| apps.audit(app, query, page).await.unwrap();
    let actions = async |query: EventQuery| -> Vec<String> {
        let found = found(&query, Page::first(200)).await.data;
        found.into_iter().map(|event| event.action).collect()
    };
    let all = actions(EventQuery::default()).await;
    assert_eq!(all[..2], ["environment.deactivated", "environment.created"]);
    assert!(all.len() == 6 && all.iter().any(|action| action == "app.created"));
    let by = EventQuery { actor: Some("administrator".to_owned()), ..EventQuery::default() };
    assert_eq!(actions(by).await, ["environment.created"]);
    let done = EventQuery { action: Some("environment.deactivated".to_owned()), ..EventQuery::default() };
    assert_eq!(actions(done).await, ["environment.deactivated"]);
    let to = EventQuery { target: Some(made.to_string()), ..EventQuery::default() };
    assert_eq!(actions(to).await, ["environment.deactivated", "environment.created"]);
    let within = EventQuery { since: Some(at(10)), until: Some(at(20)), ..EventQuery::default() };
    assert_eq!(actions(within).await, ["environment.created"]);
    let first = found(&EventQuery::default(), Page::first(4)).await;
    let rest = found(&EventQuery::default(), Page::after(first.next_cursor.unwrap(), 4)).await;
    assert_eq!((first.data.len(), rest.data.len(), rest.next_cursor), (4, 2, None));
}

#[tokio::test]
async fn another_apps_events_are_not_listed_and_those_of_a_deleted_app_are_gone_with_it() {
    let world = World::new().await;
    let apps = world.engine.apps();
    let second = apps.create(&NewApp { name: "Second".to_owned(), slug: None }).await.unwrap().id;
    let listed = apps.audit(second, &EventQuery::default(), Page::default()).await.unwrap().data;
    assert!(listed.len() == 4 && listed.iter().all(|event| event.app_id == second));
    apps.delete(second, Confirm::to(Destructive::DeleteApp)).await.unwrap();
    let gone = apps.audit(second, &EventQuery::default(), Page::default()).await;
    assert_eq!(code(gone), Code::NotFound);
}
