//! The answers of an operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use authsome_core::error::Code;
use authsome_core::route::{Guard, Route};

use crate::problem;

use super::schemas::Schemas;

/// The answers of a route, by status: its own, then the problems that it, its guard and its form imply.
pub(super) fn of(route: &Route, schemas: &mut Schemas) -> Map<String, Value> {
    let mut responses = Map::new();
    for answer in &route.documentation().answers {
        let response = match answer.body {
            Some(body) => {
                let content = json!({"application/json": {"schema": schemas.answered(body)}});
                json!({"description": answer.description, "content": content})
            }
            None => json!({"description": answer.description}),
        };
        responses.insert(answer.status.as_str().to_owned(), response);
    }
    let mut problems: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes(route) {
        let codes = problems.entry(code.status().as_u16()).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    for (status, codes) in problems {
        responses.insert(status.to_string(), problem_response(&codes));
    }
    responses
}

fn codes(route: &Route) -> Vec<Code> {
    let mut codes = vec![
        Code::InvalidRequest,
        Code::SessionNotFound,
        Code::TokenExpired,
        Code::Forbidden,
        Code::EnvironmentInactive,
        Code::PayloadTooLarge,
        Code::RequestTimeout,
        Code::RateLimited,
        Code::Internal,
        Code::Unavailable,
    ];
    if !matches!(route.guard(), Guard::Public | Guard::Ticket) {
        codes.push(Code::Unauthenticated);
    }
    if matches!(route.guard(), Guard::RecentSession | Guard::RecentSessionOrTicket) {
        codes.push(Code::ReauthenticationRequired);
    }
    if matches!(route.guard(), Guard::Ticket | Guard::RecentSessionOrTicket) {
        codes.push(Code::InvalidToken);
    }
    if route.documentation().body.is_some() {
        codes.push(Code::UnsupportedMediaType);
    }
    if route.path().contains('{') {
        codes.push(Code::NotFound);
    }
    codes.extend_from_slice(&route.documentation().errors);
    codes
}

/// One answer for all codes of a status.
pub(super) fn problem_response(codes: &[Code]) -> Value {
    let description: Vec<String> = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let schema = json!({
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"type": "object", "properties": {"code": {"enum": names}}},
        ],
    });
    json!({"description": description.join("; "), "content": {problem::MEDIA_TYPE: {"schema": schema}}})
}
