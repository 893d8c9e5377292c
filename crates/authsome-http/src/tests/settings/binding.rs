//! `ip_binding`.

use serde_json::{Value, json};

use authsome_core::environment::Settings;

use super::world::{Place, World, outcome, refresh};
use crate::HttpOptions;
use crate::tests::fixture::{Answer, Call, PASSWORD, Person};

/// What becomes of sessions that are used from their own address, from another one in its network, and from another
/// network: in IPv4 (/24), and in IPv6 (/64).
pub(super) async fn from_where_a_session_is_used(at: Place<'_>) -> Value {
    let mut outcomes = Vec::new();
    for used_from in [
        ["192.0.2.1", "192.0.2.254", "192.0.3.1"],
        ["2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:2::1"],
    ] {
        let person = at.person_from(Some(used_from[0])).await;
        for ip in used_from {
            outcomes.push(outcome(&at.me_from(&person.token, ip).await));
        }
    }
    Value::Array(outcomes)
}

#[tokio::test]
async fn a_binding_holds_at_once_for_sessions_that_there_are_and_for_refreshes_which_it_does_not_consume() {
    let world = World::new().await;
    let here = world.here();
    let person = here.person_from(Some("192.0.2.1")).await;
    here.me_from(&person.token, "198.51.100.1").await.ok(200);
    for binding in ["strict", "subnet"] {
        here.say(&json!({"ip_binding": binding})).await;
        here.me_from(&person.token, "198.51.100.1").await.problem("session_not_found");
        here.send(refresh(&person.refresh_token).peer("198.51.100.1")).await.problem("session_not_found");
        here.me_from(&person.token, "192.0.2.1").await.ok(200);
    }
    let refreshed = here.send(refresh(&person.refresh_token).peer("192.0.2.1")).await;
    let person = Person::of(refreshed.ok(200));
    here.me_from(&person.token, "198.51.100.1").await.problem("session_not_found");
    here.say(&json!({"ip_binding": "disabled"})).await;
    here.me_from(&person.token, "198.51.100.1").await.ok(200);
}

#[tokio::test]
async fn a_bound_session_is_not_used_where_an_address_is_not_known() {
    let world = World::new().await;
    let here = world.here();
    let (from_nowhere, person) = (here.person_from(None).await, here.person_from(Some("192.0.2.1")).await);
    here.say(&json!({"ip_binding": "subnet"})).await;
    here.me(&person.token).await.problem("session_not_found");
    here.me(&from_nowhere.token).await.problem("session_not_found");
    here.me_from(&from_nowhere.token, "192.0.2.1").await.problem("session_not_found");
}

#[tokio::test]
async fn one_address_in_both_of_its_forms_is_one() {
    let world = World::new().await;
    let here = world.here();
    here.say(&json!({"ip_binding": "strict"})).await;
    let person = here.person_from(Some("::ffff:192.0.2.1")).await;
    here.me_from(&person.token, "192.0.2.1").await.ok(200);
    here.me_from(&person.token, "::ffff:192.0.2.2").await.problem("session_not_found");
}

async fn behind_proxies(networks: &[&str]) -> World {
    let trusted_proxies = networks.iter().map(|network| network.parse().unwrap()).collect();
    let world = World::with(Settings::default(), HttpOptions { trusted_proxies, ..HttpOptions::default() }).await;
    world.here().say(&json!({"ip_binding": "strict"})).await;
    world
}

async fn forwarded(at: Place<'_>, call: Call, peer: &str, headers: &[(&str, &str)]) -> Answer {
    at.send(headers.iter().fold(call.peer(peer), |call, (name, value)| call.header(name, value))).await
}

#[tokio::test]
async fn behind_trusted_proxies_a_session_is_bound_to_the_client_that_they_tell() {
    let world = behind_proxies(&["10.0.0.0/8"]).await;
    let here = world.here();
    let body = json!({"email": here.new_email(), "password": PASSWORD});
    let sign_up = Call::post("/signup").json(&body);
    let answer = forwarded(here, sign_up, "10.0.0.1", &[("x-forwarded-for", "192.0.2.1")]).await;
    assert_eq!(answer.ok(201)["session"]["ip"], "192.0.2.1");
    let token = Person::of(&answer.body).token;
    let me = async |peer: &str, headers: &[(&str, &str)]| {
        outcome(&forwarded(here, Call::get("/me").bearer(&token), peer, headers).await)
    };
    for told in [
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-for", "203.0.113.5, 192.0.2.1, 10.0.0.7"),
        ("forwarded", "for=192.0.2.1;proto=https"),
    ] {
        assert_eq!(me("10.0.0.2", &[told]).await, 200, "{told:?}");
    }
    assert_eq!(me("192.0.2.1", &[("x-forwarded-for", "203.0.113.5")]).await, 200, "a peer that is no proxy");
    for (peer, told) in
        [("10.0.0.1", "192.0.2.2"), ("10.0.0.1", "192.0.2.1, 203.0.113.5"), ("203.0.113.5", "192.0.2.1")]
    {
        assert_eq!(me(peer, &[("x-forwarded-for", told)]).await, "session_not_found", "{peer} tells {told}");
    }
    assert_eq!(me("10.0.0.1", &[]).await, "session_not_found", "the proxy itself");
    for unreadable in [
        &[("x-forwarded-for", "garbage")][..],
        &[("x-forwarded-for", "")],
        &[("forwarded", "for=unknown")],
        &[("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=203.0.113.5")],
    ] {
        assert_eq!(me("10.0.0.1", unreadable).await, "invalid_request", "{unreadable:?}");
    }
}

#[tokio::test]
async fn without_trusted_proxies_a_session_is_bound_to_its_peer_and_no_header_is_read() {
    let world = behind_proxies(&[]).await;
    let here = world.here();
    let body = json!({"email": here.new_email(), "password": PASSWORD});
    let sign_up = Call::post("/signup").json(&body);
    let answer = forwarded(here, sign_up, "10.0.0.1", &[("x-forwarded-for", "192.0.2.1")]).await;
    assert_eq!(answer.ok(201)["session"]["ip"], "10.0.0.1");
    let token = Person::of(&answer.body).token;
    let me = || Call::get("/me").bearer(&token);
    for told in ["192.0.2.1", "garbage"] {
        forwarded(here, me(), "10.0.0.1", &[("x-forwarded-for", told), ("forwarded", "for=unknown")]).await.ok(200);
    }
    let elsewhere = forwarded(here, me(), "192.0.2.1", &[("x-forwarded-for", "10.0.0.1")]).await;
    elsewhere.problem("session_not_found");
}
