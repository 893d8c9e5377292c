//! The OpenAPI 3.1 document, made from the table of routes.

mod declared;
mod operation;
mod responses;
mod schemas;

use serde_json::{Map, Value, json};

use authsome_core::route::Route;
use authsome_engine::Engine;

use crate::cookie::SessionCookie;
use crate::options::HttpOptions;

use schemas::Schemas;

/// See [`Http::openapi`](crate::Http::openapi).
pub(crate) fn openapi(table: &[Route], engine: &Engine, options: &HttpOptions) -> Value {
    let config = engine.config();
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    let mut tags: Vec<Value> = Vec::new();
    let base = &config.base_path;
    for route in table {
        add(
            &mut paths,
            &format!("{base}{}", route.path()),
            route.method().as_str(),
            operation::of(route, &mut schemas),
        );
        let tag = json!({"name": operation::tag(route)});
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if options.root_endpoints {
        for (path, item) in operation::at_the_root() {
            add(&mut paths, path, "GET", item);
        }
        tags.push(json!({"name": operation::ROOT_TAG}));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Authsome",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Authentication for applications. Errors are problem details (RFC 9457); clients decide by \
            their `code`. Every answer carries `X-Request-Id`.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": config.public_url}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.into_components(),
            "parameters": operation::shared_parameters(),
            "securitySchemes": {
                "session": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a session.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": SessionCookie::of(&config.public_url).name(),
                    "description": "The token of a session, for browsers. Accepted only from the service's own site.",
                },
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key.",
                },
                "administrator": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The administrator's token.",
                },
            },
        },
    });
    declared::insert(&mut document, engine.declared_settings());
    document
}

fn add(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    let item = paths.entry(path).or_insert_with(|| json!({}));
    if let Some(item) = item.as_object_mut() {
        item.insert(method.to_ascii_lowercase(), operation);
    }
}
