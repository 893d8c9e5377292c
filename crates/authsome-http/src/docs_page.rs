//! A page for people that shows the OpenAPI document: no script, nothing loaded from elsewhere.

use std::fmt::Write;

use serde_json::Value;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
code{font:14px ui-monospace,monospace}h2{margin-top:2.5rem}h3{margin-bottom:.25rem}\
p,ul{margin:.25rem 0}.guard{color:#666}";

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page for a document.
pub(crate) fn render(document: &Value) -> String {
    let title = text(document.pointer("/info/title"));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>\
         <p>{}</p><p><a href=\"/openapi.json\">OpenAPI document</a></p>",
        text(document.pointer("/info/description"))
    );
    for tag in document["tags"].as_array().into_iter().flatten() {
        // Writing to a string does not fail.
        let _ = write!(page, "<h2>{}</h2>", text(tag.get("name")));
        for (path, method, operation) in operations(document) {
            if operation.pointer("/tags/0") == tag.get("name") {
                page.push_str(&section(path, method, operation));
            }
        }
    }
    page.push_str("</body></html>");
    page
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &'static str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((path.as_str(), *method, item.get(method)?)))
    })
}

fn section(path: &str, method: &str, operation: &Value) -> String {
    let mut section = format!(
        "<h3><code>{} {}</code></h3><p>{} <span class=\"guard\">{}</span></p><p>{}</p><ul>",
        method.to_uppercase(),
        escape(path),
        text(operation.get("summary")),
        text(operation.get("x-guard")),
        text(operation.get("description")),
    );
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let _ = write!(section, "<li><code>{}</code> {}</li>", escape(status), text(response.get("description")));
    }
    section.push_str("</ul>");
    section
}

fn text(value: Option<&Value>) -> String {
    escape(value.and_then(Value::as_str).unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_document_is_never_markup() {
        let document = serde_json::json!({
            "info": {"title": "<script>", "description": ""},
            "tags": [{"name": "a&b"}],
            "paths": {"/<x>": {"get": {"tags": ["a&b"], "summary": "\"<b>\"", "responses": {"200": {"description": "<i>"}}}}},
        });
        let page = render(&document);
        for markup in ["<script>", "<x>", "<b>", "<i>"] {
            assert!(!page.contains(markup), "{markup}");
        }
        assert!(page.contains("GET /&lt;x&gt;") && page.contains("a&amp;b"));
    }
}
