//! `?limit=` and `?cursor=`.

use std::time::Duration;

use serde_json::{Value, json};

use super::fixture::{Call, Fixture, PASSWORD, Person};

#[tokio::test]
async fn a_list_is_walked_page_by_page_newest_first() {
    let fixture = Fixture::new().await;
    let mut ids = Vec::new();
    let first = fixture.person("alice@example.com").await;
    ids.push(first.session.clone());
    for _ in 0..3 {
        fixture.clock.advance(Duration::from_secs(1));
        let body = json!({"email": "alice@example.com", "password": PASSWORD});
        let answer = Call::post("/signin").json(&body).send(&fixture).await;
        ids.push(Person::of(answer.ok(200)).session);
    }
    ids.reverse();
    let mut found = Vec::new();
    let mut path = "/sessions?limit=3".to_owned();
    loop {
        let answer = Call::get(&path).bearer(&first.token).send(&fixture).await;
        let body = answer.ok(200).clone();
        assert!(body["data"].as_array().unwrap().len() <= 3);
        found.extend(body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/sessions?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(found, ids);
}

#[tokio::test]
async fn a_limit_outside_its_range_and_a_foreign_cursor_are_refused() {
    let fixture = Fixture::new().await;
    let token = fixture.person("alice@example.com").await.token;
    for (query, code) in [
        ("limit=0", "invalid_request"),
        ("limit=201", "invalid_request"),
        ("limit=x", "invalid_request"),
        ("limit=4294967296", "invalid_request"),
        ("page=2", "invalid_request"),
        ("cursor=x", "invalid_cursor"),
        ("cursor=ausr_01h455vb4pex5vsknk084sn02q", "invalid_cursor"),
    ] {
        for path in ["/sessions", "/devices"] {
            let answer = Call::get(&format!("{path}?{query}")).bearer(&token).send(&fixture).await;
            answer.problem(code);
        }
    }
    for query in ["limit=1", "limit=200", "env=development&limit=2"] {
        let answer = Call::get(&format!("/sessions?{query}")).bearer(&token).send(&fixture).await;
        assert_eq!(answer.ok(200)["next_cursor"], Value::Null);
    }
}
