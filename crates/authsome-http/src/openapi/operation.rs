//! One operation of the document.

use http::Method;
use serde_json::{Map, Value, json};

use authsome_core::error::Code;
use authsome_core::route::{Guard, Route};

use super::responses;
use super::schemas::Schemas;

/// The group of the endpoints at the root.
pub(super) const ROOT_TAG: &str = "Operations";

/// The parameters that every route takes.
const SHARED: [&str; 3] = ["Environment", "EnvironmentQuery", "PublishableKey"];

/// The operation of a route.
pub(super) fn of(route: &Route, schemas: &mut Schemas) -> Value {
    let documentation = route.documentation();
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [tag(route)],
        "summary": documentation.summary,
        "description": documentation.description,
        "parameters": parameters(route, schemas),
        "responses": responses::of(route, schemas),
        "security": security(route.guard()),
        "x-guard": guard_text(route.guard()),
    });
    if let (Some(body), Some(operation)) = (documentation.body, operation.as_object_mut()) {
        operation.insert("requestBody".to_owned(), request_body(route.method(), &schemas.sent(body)));
    }
    operation
}

/// A body. A patch may say that it is one.
fn request_body(method: &Method, schema: &Value) -> Value {
    let media_types: &[&str] = match *method {
        Method::PATCH => &["application/json", "application/merge-patch+json"],
        _ => &["application/json"],
    };
    let content: Map<String, Value> =
        media_types.iter().map(|media_type| ((*media_type).to_owned(), json!({"schema": schema}))).collect();
    json!({"required": true, "content": content})
}

/// The group of a route.
pub(super) fn tag(route: &Route) -> &'static str {
    match route.documentation().tag {
        "" => "Other",
        tag => tag,
    }
}

/// `DELETE /sessions/{id}` is `delete_sessions_by_id`.
fn operation_id(route: &Route) -> String {
    let mut id = route.method().as_str().to_ascii_lowercase();
    for segment in route.path().split('/').filter(|segment| !segment.is_empty()) {
        let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        id.push_str(if parameter.is_some() { "_by_" } else { "_" });
        id.extend(parameter.unwrap_or(segment).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }));
    }
    id
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for name in route.path().split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        parameters.push(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    }
    if let Some(query) = route.documentation().query {
        let schema = schemas.sent(query);
        let required = schema.get("required").and_then(Value::as_array);
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let required = required.is_some_and(|names| names.iter().any(|known| known == name));
            parameters.push(json!({"name": name, "in": "query", "required": required, "schema": property}));
        }
    }
    parameters.extend(shared());
    parameters
}

fn shared() -> [Value; 3] {
    SHARED.map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
}

/// The parameters that every route takes.
pub(super) fn shared_parameters() -> Value {
    let named = |place: &str, name: &str, description: &str| json!({"name": name, "in": place, "required": false, "description": description, "schema": {"type": "string"}});
    let environment = "Slug or id of the environment. Default: that of the credential or of the key, else the app's \
            default.";
    json!({
        "Environment": named("header", "X-Authsome-Environment", environment),
        "EnvironmentQuery": named("query", "env", "Like `X-Authsome-Environment`, which takes precedence."),
        "PublishableKey": named("header", "X-Publishable-Key", "Publishable key of an app or an environment. Default: the configured app."),
    })
}

fn security(guard: Guard) -> Value {
    match guard {
        Guard::Public | Guard::Ticket => json!([]),
        Guard::Session | Guard::RecentSession => json!([{"session": []}, {"cookie": []}]),
        Guard::RecentSessionOrTicket => json!([{}, {"session": []}, {"cookie": []}]),
        Guard::Permission(permission) => {
            let permission = permission.to_string();
            json!([{"administrator": []}, {"apiKey": [permission]}])
        }
        Guard::SessionOrPermission(permission) => {
            let permission = permission.to_string();
            json!([{"administrator": []}, {"apiKey": [permission]}, {"session": []}, {"cookie": []}])
        }
        Guard::Administrator => json!([{"administrator": []}]),
    }
}

fn guard_text(guard: Guard) -> String {
    match guard {
        Guard::Public => "anyone".to_owned(),
        Guard::Session => "a session".to_owned(),
        Guard::RecentSession => "a session with a proof of identity at most 10 minutes old".to_owned(),
        Guard::Ticket => "the ticket of a sign-in that waits for a second factor".to_owned(),
        Guard::RecentSessionOrTicket => {
            "a session with a proof of identity at most 10 minutes old; or the ticket of a sign-in that waits for the \
            enrolment of a second factor"
                .to_owned()
        }
        Guard::Permission(permission) => format!("the administrator's token, or the permission {permission}"),
        Guard::SessionOrPermission(permission) => {
            format!("a session for its user's own data; the administrator's token, or the permission {permission}")
        }
        Guard::Administrator => "the administrator's token".to_owned(),
    }
}

/// The operations of the endpoints at the root.
pub(super) fn at_the_root() -> [(&'static str, Value); 5] {
    let operation = |id: &str, summary: &str, media_type: &str, problems: &[Code]| {
        let mut responses = Map::new();
        responses.insert("200".to_owned(), json!({"description": "Success.", "content": {media_type: {}}}));
        for code in problems {
            responses.insert(code.status().as_str().to_owned(), responses::problem_response(&[*code]));
        }
        json!({
            "operationId": id,
            "tags": [ROOT_TAG],
            "summary": summary,
            "security": [],
            "x-guard": guard_text(Guard::Public),
            "responses": responses,
        })
    };
    let json = "application/json";
    let problems = [Code::InvalidRequest, Code::Unavailable];
    let mut key_set = operation("keySet", "Show the keys that verify an environment's tokens", json, &problems);
    if let Some(key_set) = key_set.as_object_mut() {
        key_set.insert("parameters".to_owned(), shared().into_iter().collect());
    }
    [
        ("/livez", operation("livez", "Check that the process answers", json, &[])),
        ("/readyz", operation("readyz", "Check that the store answers too", json, &[Code::Unavailable])),
        ("/.well-known/jwks.json", key_set),
        ("/openapi.json", operation("openapi", "This document", json, &[])),
        ("/docs", operation("docs", "This document as a page", "text/html", &[])),
    ]
}
