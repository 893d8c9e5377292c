//! What people fill in of an environment's own sign-up form.

use serde_json::{Map, Value};

use authsome_core::error::{Error, FieldErrors};
use authsome_core::formconfig::{FieldKind, FormField};
use authsome_core::identity::{Email, Phone};
use authsome_core::metadata::Metadata;

/// Longest text that a field takes, in characters.
const MAX_TEXT: usize = 2_000;
const MISSING: &str = "it must be filled in";

/// The metadata with what was filled in, each field under its name.
///
/// # Errors
/// `invalid_request` with every field that is missing, not the form's, or not of its kind.
pub(super) fn fill(form: &[FormField], filled: &Map<String, Value>, metadata: &Metadata) -> Result<Metadata, Error> {
    let mut errors = FieldErrors::default();
    for field in form {
        let fault = match filled.get(&field.name) {
            None | Some(Value::Null) => field.required.then_some(MISSING),
            Some(Value::String(text)) if field.required && text.trim().is_empty() => Some(MISSING),
            Some(value) => fault(field, value),
        };
        errors.require(fault.is_none(), format!("form.{}", field.name), fault.unwrap_or_default());
    }
    for name in filled.keys() {
        let is_known = form.iter().any(|field| field.name == *name);
        errors.require(is_known, format!("form.{name}"), "the form has no such field");
    }
    errors.into_result()?;
    metadata.merged(filled).map_err(|error| Error::invalid("form", error.to_string()))
}

fn fault(field: &FormField, value: &Value) -> Option<&'static str> {
    let text = value.as_str().filter(|text| text.chars().count() <= MAX_TEXT && !text.contains('\0'));
    let (fits, message) = match field.kind {
        FieldKind::Text => (text.is_some(), "it is a text of at most 2000 characters"),
        FieldKind::Email => (text.is_some_and(|text| text.parse::<Email>().is_ok()), "it is an e-mail address"),
        FieldKind::Phone => (text.is_some_and(|text| text.parse::<Phone>().is_ok()), "it is a phone number"),
        FieldKind::Number => (value.is_number(), "it is a number"),
        FieldKind::Checkbox if field.required => (value == &Value::Bool(true), "it must be checked"),
        FieldKind::Checkbox => (value.is_boolean(), "it is true or false"),
        FieldKind::Select => {
            let chosen = text.is_some_and(|text| field.options.iter().any(|option| option == text));
            (chosen, "it is one of the options")
        }
    };
    (!fits).then_some(message)
}

#[cfg(test)]
mod tests {
    use authsome_core::error::Code;
    use serde_json::json;

    use super::*;

    fn form() -> Vec<FormField> {
        serde_json::from_value(json!([
            {"name": "company", "label": "Company", "type": "text", "required": true},
            {"name": "size", "label": "Size", "type": "select", "options": ["small", "large"]},
            {"name": "age", "label": "Age", "type": "number"},
            {"name": "terms", "label": "Terms", "type": "checkbox", "required": true},
        ]))
        .unwrap()
    }

    fn filled(value: &Value) -> Result<Value, Vec<String>> {
        let metadata = Metadata::new(json!({"theme": "dark"}).as_object().unwrap().clone()).unwrap();
        match fill(&form(), value.as_object().unwrap(), &metadata) {
            Ok(metadata) => Ok(Value::Object(metadata.as_object().clone())),
            Err(error) => {
                assert_eq!(error.code(), Code::InvalidRequest);
                Err(error.fields().iter().map(|error| error.field.clone()).collect())
            }
        }
    }

    #[test]
    fn what_is_filled_in_goes_to_the_metadata() {
        let metadata = filled(&json!({"company": "Acme", "size": "small", "age": null, "terms": true})).unwrap();
        assert_eq!(metadata, json!({"theme": "dark", "company": "Acme", "size": "small", "terms": true}));
    }

    #[test]
    fn every_field_that_is_missing_unknown_or_of_another_kind_is_named() {
        assert_eq!(filled(&json!({})), Err(vec!["form.company".to_owned(), "form.terms".to_owned()]));
        let faulty = json!({"company": {"$ne": null}, "size": "huge", "age": "1", "terms": false, "extra": 1});
        let fields = ["form.company", "form.size", "form.age", "form.terms", "form.extra"].map(str::to_owned);
        assert_eq!(filled(&faulty), Err(fields.to_vec()));
        for blank in ["", " ", "\t\u{a0}"] {
            assert_eq!(filled(&json!({"company": blank, "terms": true})), Err(vec!["form.company".to_owned()]));
        }
        let long = json!({"company": "x".repeat(2_001), "terms": true});
        assert_eq!(filled(&long), Err(vec!["form.company".to_owned()]));
    }
}
