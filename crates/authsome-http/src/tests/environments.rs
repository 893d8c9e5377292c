//! Which environment a request acts in.

use serde_json::json;

use authsome_engine::NewApp;

use super::fixture::{ADMIN, Call, Fixture, PASSWORD, Person};

const EMAIL: &str = "alice@example.com";

async fn slug(call: Call, fixture: &Fixture) -> String {
    let answer = call.send(fixture).await;
    answer.ok(200)["environment"]["slug"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_without_a_credential_acts_where_its_header_then_its_query_then_the_app_says() {
    let fixture = Fixture::new().await;
    assert_eq!(slug(Call::get("/config"), &fixture).await, "development");
    assert_eq!(slug(Call::get("/config?env=staging"), &fixture).await, "staging");
    assert_eq!(slug(Call::get("/config?env=staging").environment("production"), &fixture).await, "production");
    let id = fixture.engine.environment("staging").await.unwrap().scope().env_id.to_string();
    assert_eq!(slug(Call::get("/config").environment(&id), &fixture).await, "staging");
    for unknown in ["nowhere", "", "aenv_01h455vb4pex5vsknk084sn02q"] {
        Call::get("/config").environment(unknown).send(&fixture).await.problem("invalid_request");
    }
    let app = fixture.engine.configured_app().await.unwrap();
    let call = Call::get("/config").header("x-publishable-key", app.publishable_key.clone());
    assert_eq!(slug(call, &fixture).await, "development");
}

#[tokio::test]
async fn the_same_address_is_another_person_in_another_environment() {
    let fixture = Fixture::new().await;
    let here = fixture.person(EMAIL).await;
    let there = fixture.person_in("staging", EMAIL).await;
    assert_ne!(here.id, there.id);
    for (person, own, other) in [(&here, "development", "staging"), (&there, "staging", "development")] {
        let me = || Call::get("/me").bearer(&person.token);
        assert_eq!(me().send(&fixture).await.ok(200)["user"]["id"], person.id);
        me().environment(own).send(&fixture).await.ok(200);
        me().environment(other).send(&fixture).await.problem("session_not_found");
        Call::get(&format!("/me?env={other}")).bearer(&person.token).send(&fixture).await.problem("session_not_found");
        let both = Call::get(&format!("/me?env={other}")).bearer(&person.token).environment(own);
        both.send(&fixture).await.problem("session_not_found");
        me().environment("nowhere").send(&fixture).await.problem("session_not_found");
        Call::delete(&format!("/sessions/{}", there.session))
            .bearer(&here.token)
            .send(&fixture)
            .await
            .problem("not_found");
    }
}

#[tokio::test]
async fn a_credential_acts_in_its_own_environment_without_naming_it() {
    let fixture = Fixture::new().await;
    let person = fixture.person_in("staging", EMAIL).await;
    let body = json!({"refresh_token": person.refresh_token});
    Call::post("/refresh").environment("production").json(&body).send(&fixture).await.problem("session_not_found");
    let answer = Call::post("/refresh").json(&body).send(&fixture).await;
    let person = Person::of(answer.ok(200));
    assert_eq!(slug(Call::get("/config").bearer(&person.token), &fixture).await, "staging");
}

#[tokio::test]
async fn another_apps_key_makes_a_session_as_good_as_none() {
    let fixture = Fixture::new().await;
    let person = fixture.person(EMAIL).await;
    let app = fixture.engine.configured_app().await.unwrap();
    let own = Call::get("/me").bearer(&person.token).header("x-publishable-key", app.publishable_key.clone());
    own.send(&fixture).await.ok(200);
    let other = fixture.engine.apps().create(&NewApp { name: "Other".to_owned(), slug: None }).await.unwrap();
    let call = |call: Call| call.bearer(&person.token).header("x-publishable-key", other.publishable_key.clone());
    call(Call::get("/me")).send(&fixture).await.problem("session_not_found");
    call(Call::get("/config")).send(&fixture).await.problem("session_not_found");
    let answer = Call::get("/config").header("x-publishable-key", other.publishable_key.clone()).send(&fixture).await;
    assert_ne!(answer.ok(200)["environment"]["id"], app_environment(&fixture).await);
}

async fn app_environment(fixture: &Fixture) -> String {
    fixture.engine.default_environment().await.unwrap().scope().env_id.to_string()
}

#[tokio::test]
async fn no_authentication_completes_in_a_suspended_environment() {
    let fixture = Fixture::new().await;
    let person = fixture.person_in("staging", EMAIL).await;
    let app = fixture.engine.configured_app().await.unwrap();
    let id = fixture.engine.environment("staging").await.unwrap().scope().env_id;
    fixture.engine.environments(app.id).deactivate(id).await.unwrap();
    let body = json!({"email": EMAIL, "password": PASSWORD});
    for path in ["/signin", "/signup"] {
        let answer = Call::post(path).environment("staging").json(&body).send(&fixture).await;
        answer.problem("environment_inactive");
    }
    Call::get("/me").bearer(&person.token).send(&fixture).await.problem("environment_inactive");
    Call::get("/config").cookie(&person.token).send(&fixture).await.problem("environment_inactive");
    let refresh = || Call::post("/refresh").json(&json!({"refresh_token": person.refresh_token}));
    refresh().send(&fixture).await.problem("environment_inactive");
    Call::get("/odd/admin").bearer(ADMIN).environment("staging").send(&fixture).await.ok(204);
    fixture.engine.environments(app.id).activate(id).await.unwrap();
    refresh().send(&fixture).await.ok(200);
}

#[tokio::test]
async fn a_name_that_nothing_can_have_is_unknown_like_any_other() {
    let fixture = Fixture::new().await;
    for name in ["%00", "a%00b", "%ff", "nowhere"] {
        let answer = Call::get(&format!("/config?env={name}")).send(&fixture).await;
        assert_eq!(answer.problem("invalid_request")["errors"][0]["field"], "env", "{name}");
    }
}
