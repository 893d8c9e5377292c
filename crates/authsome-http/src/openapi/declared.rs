//! The settings of plugins, where the document describes settings.

use authsome_core::environment::SettingDeclaration;
use serde_json::{Value, json};

/// Names them wherever settings are described: in the types' own schemas they are open members.
pub(super) fn insert(document: &mut Value, declared: &[SettingDeclaration]) {
    if let Value::Array(items) = document {
        items.iter_mut().for_each(|item| insert(item, declared));
    }
    let Value::Object(members) = document else { return };
    let first = members.get("properties").and_then(|properties| properties.get("session_ttl")).cloned();
    if let (Some(first), true) = (first, members.contains_key("additionalProperties")) {
        members.insert("additionalProperties".to_owned(), false.into());
        let with_source = first.get("$ref").is_some();
        if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
            for declaration in declared {
                let schema = declaration.schema();
                let schema = if with_source { sourced(&schema) } else { schema };
                properties.insert(declaration.name().to_owned(), schema);
            }
        }
        return;
    }
    members.values_mut().for_each(|member| insert(member, declared));
}

fn sourced(schema: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["value", "source"],
        "properties": {"value": schema, "source": {"$ref": "#/components/schemas/SettingSource"}},
    })
}
