//! Where requests come from, as sessions remember it.

use serde_json::json;

use crate::HttpOptions;

use super::fixture::{Call, Fixture, PASSWORD};

#[tokio::test]
async fn forwarding_headers_count_from_trusted_proxies_alone() {
    let trusted = HttpOptions { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..HttpOptions::default() };
    for (options, header, expected) in [
        (HttpOptions::default(), "198.51.100.7", "10.0.0.1"),
        (trusted.clone(), "198.51.100.7", "198.51.100.7"),
        (trusted.clone(), "1.2.3.4, 198.51.100.7", "198.51.100.7"),
    ] {
        let fixture = Fixture::with(Default::default(), options).await;
        let body = json!({"email": "alice@example.com", "password": PASSWORD});
        let call = Call::post("/signup").peer("10.0.0.1").header("x-forwarded-for", header).json(&body);
        assert_eq!(call.send(&fixture).await.ok(201)["session"]["ip"], expected);
    }
    let fixture = Fixture::with(Default::default(), trusted).await;
    let call = || Call::get("/config").header("x-forwarded-for", "garbage");
    call().peer("10.0.0.1").send(&fixture).await.problem("invalid_request");
    call().peer("203.0.113.1").send(&fixture).await.ok(200);
}
