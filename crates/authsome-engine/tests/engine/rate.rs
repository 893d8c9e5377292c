//! Limits on the rate of requests.

use authsome_core::attempt::RateWindow;
use authsome_core::entity::Entity;
use authsome_core::error::Code;
use authsome_core::route::RateClass;
use authsome_core::time::Seconds;
use authsome_engine::{Config, RateDecision};

use crate::common::*;

impl World {
    async fn request(&self, class: RateClass, ip: Option<&str>, subject: Option<&str>) -> RateDecision {
        let scope = self.here().await.scope();
        let ip = ip.map(|ip| ip.parse().unwrap());
        self.engine.rate_limiter().check(class, &scope, ip, subject).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn an_account_and_an_address_each_have_their_limit() {
    let world = World::new().await;
    for number in 1..=10 {
        let decision = world.request(RateClass::SIGN_IN, Some("192.0.2.1"), Some("alice")).await;
        assert_eq!((decision.allowed, decision.limit, decision.remaining), (true, 10, 10 - number));
    }
    let refused = world.request(RateClass::SIGN_IN, Some("192.0.2.2"), Some("alice")).await;
    let error = refused.require().unwrap_err();
    assert_eq!(error.code(), Code::RateLimited);
    assert_eq!(error.retry(), Some(refused.reset));
    for number in 0..50 {
        let other = format!("other {number}");
        assert!(world.request(RateClass::SIGN_IN, Some("192.0.2.1"), Some(&other)).await.allowed);
    }
    assert!(!world.request(RateClass::SIGN_IN, Some("192.0.2.1"), Some("one more")).await.allowed);
    assert!(world.request(RateClass::SIGN_IN, Some("192.0.2.3"), Some("one more")).await.allowed);
}

#[tokio::test]
async fn a_window_ends() {
    let world = World::new().await;
    for _ in 0..5 {
        assert!(world.request(RateClass::MAIL, None, Some("a@b.example")).await.allowed);
    }
    let refused = world.request(RateClass::MAIL, None, Some("a@b.example")).await;
    assert!(!refused.allowed);
    assert_eq!(refused.window, Seconds(3_600));
    world.advance(std::time::Duration::from_secs(refused.reset.0.into()));
    assert!(world.request(RateClass::MAIL, None, Some("a@b.example")).await.allowed);
}

#[tokio::test]
async fn a_generous_limit_is_exact_and_costs_a_write_in_twenty_requests() {
    let world = World::new().await;
    world.here().await;
    world.store.look();
    for number in 1..=600 {
        let decision = world.request(RateClass::OTHER, Some("192.0.2.1"), None).await;
        assert!(decision.allowed, "{number}");
        assert_eq!(decision.remaining, 600 - number);
    }
    assert_eq!(world.store.look(), (0, 30));
    for _ in 0..10 {
        assert!(!world.request(RateClass::OTHER, Some("192.0.2.1"), None).await.allowed);
    }
    assert_eq!(world.store.look(), (0, 0));
    world.advance(seconds(60));
    assert!(world.request(RateClass::OTHER, Some("192.0.2.1"), None).await.allowed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_at_once_use_a_generous_limit_up_and_do_not_exceed_it() {
    let world = World::new().await;
    let scope = world.here().await.scope();
    let limiter = world.engine.rate_limiter();
    let tasks: Vec<_> = (0..700)
        .map(|_| {
            let limiter = limiter.clone();
            tokio::spawn(async move {
                limiter.check(RateClass::OTHER, &scope, client().ip, None).await.unwrap().unwrap().allowed
            })
        })
        .collect();
    let mut allowed = 0;
    for task in tasks {
        allowed += u32::from(task.await.unwrap());
    }
    // What a request took from the store while others were refused is there for the next ones.
    while world.request(RateClass::OTHER, Some("192.0.2.1"), None).await.allowed {
        allowed += 1;
    }
    assert_eq!(allowed, 600);
}

#[tokio::test]
async fn two_processes_share_a_generous_limit() {
    let world = World::new().await;
    let scope = world.here().await.scope();
    let other = authsome_engine::Engine::builder()
        .store(std::sync::Arc::<Watched>::clone(&world.store))
        .clock(std::sync::Arc::<authsome_core::clock::ManualClock>::clone(&world.clock))
        .build()
        .unwrap();
    let mut allowed = 0;
    for _ in 0..400 {
        for limiter in [world.engine.rate_limiter(), other.rate_limiter()] {
            let decision = limiter.check(RateClass::OTHER, &scope, client().ip, None).await.unwrap().unwrap();
            allowed += u32::from(decision.allowed);
        }
    }
    assert_eq!(allowed, 600);
}

#[tokio::test]
async fn one_ipv6_network_is_one_origin() {
    let world = World::new().await;
    for number in 0..60 {
        let ip = format!("2001:db8::{number:x}");
        assert!(world.request(RateClass::SIGN_IN, Some(&ip), None).await.allowed);
    }
    assert!(!world.request(RateClass::SIGN_IN, Some("2001:db8::ffff"), None).await.allowed);
    assert!(world.request(RateClass::SIGN_IN, Some("2001:db8:0:1::1"), None).await.allowed);
}

#[tokio::test]
async fn what_a_request_concerns_is_not_stored() {
    let world = World::new().await;
    world.request(RateClass::MAIL, None, Some("alice@example.com")).await;
    let scope = world.here().await.scope();
    let windows = RateWindow::find(&scope).all(&*world.store).await.unwrap();
    assert!(windows.iter().all(|window| !window.key.contains("alice")));
}

#[tokio::test]
async fn limits_that_are_off_limit_nothing() {
    let world = World::with(|builder| builder.config(Config { rate_limits: false, ..Config::default() })).await;
    let scope = world.here().await.scope();
    let decision = world.engine.rate_limiter().check(RateClass::MAIL, &scope, None, Some("a")).await.unwrap();
    assert_eq!(decision, None);
}

#[tokio::test]
async fn a_plugin_counts_what_only_its_handler_knows() {
    let world = World::new().await;
    let limit = async |slug: &str, subject: &str| {
        let (sign_ins, _) = world.environment(slug).await.ports(&authsome_core::route::Principal::Anonymous);
        sign_ins.limit(RateClass::SIGN_IN, subject).await
    };
    for _ in 0..10 {
        limit("development", "one").await.unwrap();
    }
    assert_eq!(code(limit("development", "one").await), Code::RateLimited);
    limit("development", "two").await.unwrap();
    limit("staging", "one").await.unwrap();
}
