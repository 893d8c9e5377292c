//! The OpenAPI document and its page.

use http::Method;
use serde_json::Value;

use crate::HttpOptions;
use authsome_core::route::Guard;

use super::fixture::{BASE, Call, Fixture};

async fn document(fixture: &Fixture) -> Value {
    let answer = Call::root(Method::GET, "/openapi.json").send(fixture).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    answer.ok(200).clone()
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                found.push(reference.clone());
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_route_is_in_the_document_with_its_guard() {
    let fixture = Fixture::new().await;
    let document = document(&fixture).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "http://localhost:8080");
    let mut operations = 0;
    for route in fixture.http.table().unwrap() {
        let method = route.method().as_str().to_ascii_lowercase();
        let operation = &document["paths"][format!("{BASE}{}", route.path())][&method];
        assert!(operation.is_object(), "{route:?}");
        let needs_none = matches!(route.guard(), Guard::Public | Guard::Ticket);
        assert_eq!(operation["security"].as_array().unwrap().is_empty(), needs_none, "{route:?}");
        assert_eq!(operation["requestBody"].is_object(), route.documentation().body.is_some(), "{route:?}");
        for name in route.path().split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().unwrap();
            let found = parameters.iter().any(|known| known["name"] == name && known["in"] == "path");
            assert!(found, "{route:?}: {name}");
        }
        for answer in &route.documentation().answers {
            assert!(operation["responses"][answer.status.as_str()].is_object(), "{route:?}");
        }
        for code in &route.documentation().errors {
            let response = &operation["responses"][code.status().as_str()];
            assert!(response.to_string().contains(&format!("\"{}\"", code.as_str())), "{route:?}: {code:?}");
        }
        operations += 1;
    }
    let all =
        document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum::<usize>();
    assert_eq!(all, operations + crate::root::ROOT_PATHS.len());
}

#[tokio::test]
async fn every_reference_resolves_and_every_operation_has_its_own_id() {
    let fixture = Fixture::new().await;
    let document = document(&fixture).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.iter().any(|reference| reference == "#/components/schemas/User"));
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut ids = Vec::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        ids.push(operation["operationId"].as_str().unwrap());
        assert!(!operation["summary"].as_str().unwrap_or("x").contains('\n'));
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[tokio::test]
async fn the_schemas_say_what_the_contract_says() {
    let fixture = Fixture::new().await;
    let document = document(&fixture).await;
    let body = |path: &str| {
        let pointer = format!(
            "/paths/{}/post/requestBody/content/application~1json/schema",
            format!("{BASE}{path}").replace('/', "~1")
        );
        document.pointer(&pointer).cloned().unwrap()
    };
    let sign_up = body("/signup");
    assert_eq!(sign_up["additionalProperties"], false);
    assert_eq!(sign_up["required"], serde_json::json!(["email", "password"]));
    assert_eq!(sign_up["properties"]["password"]["maxLength"], 1_024);
    let user = &document["components"]["schemas"]["User"];
    assert_eq!(user["required"].as_array().unwrap().len(), 13);
    let session = &document["components"]["schemas"]["Session"];
    assert!(!session["required"].as_array().unwrap().iter().any(|name| name == "token" || name == "refresh_token"));
    assert_eq!(session["required"].as_array().unwrap().len(), 13);
    assert!(document["components"]["schemas"]["SessionPage"].is_object());
}

/// The members of every schema that describes settings.
fn settings<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    let members: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(values) => values.iter().collect(),
        _ => return,
    };
    if value.pointer("/properties/session_ttl").is_some() {
        found.push(value);
    }
    members.into_iter().for_each(|value| settings(value, found));
}

#[tokio::test]
async fn the_settings_of_plugins_are_described_wherever_settings_are() {
    let fixture = Fixture::new().await;
    let document = fixture.http.openapi().unwrap();
    assert_eq!(document, self::document(&fixture).await);
    let mut found = Vec::new();
    settings(&document, &mut found);
    let (with_source, plain): (Vec<&Value>, Vec<&Value>) =
        found.into_iter().partition(|schema| schema.pointer("/properties/probe_ttl/properties/source").is_some());
    assert_eq!(with_source.len(), 1, "those that apply");
    assert!(plain.len() >= 2, "an environment's own, and a change of them");
    for schema in with_source.iter().chain(&plain) {
        assert_eq!(schema["additionalProperties"], false);
    }
    let own = |schema: &Value| schema["properties"]["probe_ttl"].clone();
    for setting in
        plain.into_iter().map(own).chain(with_source.iter().map(|schema| own(schema)["properties"]["value"].clone()))
    {
        assert_eq!((&setting["minimum"], &setting["maximum"]), (&60.into(), &3_600.into()), "{setting}");
        assert!(setting["description"].as_str().unwrap().starts_with("How long something lasts"));
    }
}

#[tokio::test]
async fn the_page_lists_every_operation_and_loads_nothing() {
    let fixture = Fixture::new().await;
    let answer = Call::root(Method::GET, "/docs").send(&fixture).await;
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    for route in fixture.http.table().unwrap() {
        assert!(answer.text.contains(&format!("{} {BASE}{}", route.method(), route.path())), "{route:?}");
    }
    for loaded in ["<script", "src=", "http://", "https://", "@import"] {
        assert!(!answer.text.contains(loaded), "{loaded}");
    }
}

#[tokio::test]
async fn the_endpoints_at_the_root_can_be_left_to_the_application() {
    let options = HttpOptions { root_endpoints: false, ..HttpOptions::default() };
    let fixture = Fixture::with(Default::default(), options).await;
    for path in ["/livez", "/readyz", "/openapi.json", "/docs"] {
        Call::root(Method::GET, path).send(&fixture).await.problem("not_found");
    }
    Call::get("/config").send(&fixture).await.ok(200);
}

#[tokio::test]
async fn without_a_base_path_the_routes_are_at_the_root() {
    let config = authsome_engine::Config { base_path: String::new(), ..Default::default() };
    let fixture = Fixture::with(config, HttpOptions::default()).await;
    Call::root(Method::GET, "/config").send(&fixture).await.ok(200);
    Call::root(Method::GET, "/nothing").send(&fixture).await.problem("not_found");
    assert!(document(&fixture).await["paths"]["/config"].is_object());
}
