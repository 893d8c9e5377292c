//! The schemas of bodies, queries and answers.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use authsome_core::error::{Code, FieldError};
use authsome_core::route::SchemaOf;

/// Makes schemas (JSON Schema 2020-12). Requests and answers differ where a field may be absent, so each has a
/// generator of its own: a request's schema stands in its operation, an answer's in the document's components.
pub(super) struct Schemas {
    sent: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let sent = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        let answered = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self { sent: sent.into_generator(), answered: answered.into_generator() }
    }

    /// The schema of what is sent.
    pub(super) fn sent(&mut self, of: SchemaOf) -> Value {
        of(&mut self.sent).to_value()
    }

    /// The schema of what is answered.
    pub(super) fn answered(&mut self, of: SchemaOf) -> Value {
        of(&mut self.answered).to_value()
    }

    /// The document's components.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let field_error = self.answered.subschema_for::<FieldError>().to_value();
        let mut components = self.answered.take_definitions(true);
        components.insert("Problem".to_owned(), problem(&field_error));
        components
    }
}

/// The schema of a problem (RFC 9457, section 3.1).
fn problem(field_error: &Value) -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "code": {"type": "string", "enum": codes, "description": "Stable. Clients decide by it."},
            "errors": {"type": "array", "items": field_error},
            "retry_after": {"type": "integer", "minimum": 0, "description": "Seconds."},
        },
    })
}
