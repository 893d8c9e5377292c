//! What the log says of requests, and what it never says.

use std::cell::RefCell;
use std::io::Write;

use serde_json::json;

use super::fixture::{ADMIN, Call, Fixture, PASSWORD};

thread_local! {
    /// What is logged on this thread, which is a test's own.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_request_and_its_cause_once_and_never_a_secret() {
    // For the whole process: what a thread without a subscriber met first would stay unseen.
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    tracing::subscriber::set_global_default(subscriber.with_writer(|| Log).finish()).unwrap();
    let fixture = Fixture::new().await;
    let person = fixture.person("alice@example.com").await;
    Call::get("/me?limit=s3cret-query").bearer(&person.token).send(&fixture).await.ok(200);
    Call::get("/odd/admin").bearer(ADMIN).send(&fixture).await.ok(204);
    Call::post("/signin")
        .json(&json!({"email": "alice@example.com", "password": PASSWORD}))
        .send(&fixture)
        .await
        .ok(200);
    let body = json!({"refresh_token": person.refresh_token});
    Call::post("/refresh").json(&body).send(&fixture).await.ok(200);
    // The mail of the sign-up is out of the way.
    fixture.mails().await;
    Call::post("/password/forgot").json(&json!({"email": "alice@example.com"})).send(&fixture).await.ok(202);
    let mailed = fixture.mailed_token().await;
    Call::post("/password/reset").json(&json!({"token": mailed, "password": PASSWORD})).send(&fixture).await.ok(204);
    fixture.engine.store().close().await.unwrap();
    let call = Call::get("/me").bearer(&person.token).header("x-request-id", "the-failing-one");
    call.send(&fixture).await.problem("unavailable");
    let text = LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap());
    for secret in [&person.token, &person.refresh_token, PASSWORD, ADMIN, &mailed, "s3cret-query", "$argon2id$"] {
        assert!(!text.contains(secret));
    }
    let failures: Vec<&str> = text.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("the-failing-one") && failures[0].contains("the database is unavailable"));
    assert!(text.contains("/v1/auth/signin"));
}
