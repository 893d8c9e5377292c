//! Administration over HTTP.

mod api_keys;
mod apps;
mod audit;
mod environments;
mod session_config;
mod users;

use serde_json::Value;

use super::fixture::{Call, Fixture};

/// The id of an environment of the configured app.
async fn environment_id(fixture: &Fixture, slug: &str) -> String {
    let answer = Call::get(&format!("/environments/slug/{slug}")).admin().send(fixture).await;
    text(answer.ok(200), "/environment/id")
}

fn text(body: &Value, pointer: &str) -> String {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {body}")).to_owned()
}
