//! `authsome env diff`, and the differences of two setups.

use std::collections::{BTreeMap, BTreeSet};

use authsome::core::environment::Environment;
use authsome::core::formconfig::FormField;
use authsome::engine::{EnvironmentSetup, WebhookSetup};

use super::{Of, show};
use crate::cli::output;
use crate::failure::Failure;

pub(super) const ABOUT: &str = "Examples:
  authsome env diff staging production

Compares the types, own settings, effective settings with their sources, the fields of forms, and the addresses and
events of webhooks. `-` marks a missing value.

Exit codes: 0 they are alike, 2 they differ, 1 it failed, and says why.";

/// Shown for a missing value.
const ABSENT: &str = "-";

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Slug or id
    one: String,
    /// Slug or id
    other: String,
}

pub(super) async fn run(of: &Of<'_>, arguments: &Arguments) -> Result<(), Failure> {
    let (one, other) = (of.named(&arguments.one).await?, of.named(&arguments.other).await?);
    let differences = differences(&everything(of, &one).await?, &everything(of, &other).await?);
    if differences.is_empty() {
        return output::line("no differences");
    }
    output::table(["WHAT", one.slug.as_str(), other.slug.as_str()], &differences)?;
    let places = match differences.len() {
        1 => "one place".to_owned(),
        count => format!("{count} places"),
    };
    let what = format!("{} and {} differ in {places}", one.slug, other.slug);
    Err(Failure::config(what, "see `authsome env promote --help`, or change one with `authsome env update`"))
}

/// The values of an environment's setup, and its effective settings, by name.
async fn everything(of: &Of<'_>, environment: &Environment) -> Result<BTreeMap<String, String>, Failure> {
    let mut said = statements(&of.setup(environment).await?, announced);
    for [name, value, source] in show::sourced(&show::effective(of, environment).await?) {
        said.insert(format!("effective {name}"), format!("{value} ({source})"));
    }
    Ok(said)
}

/// The values of a setup, by name. `webhook` describes a webhook beside its address.
pub(super) fn statements(
    setup: &EnvironmentSetup,
    webhook: impl Fn(&WebhookSetup) -> String,
) -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    said.insert("type".to_owned(), setup.environment.kind.to_string());
    if let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(&setup.environment.settings) {
        let own = settings.into_iter().filter(|(_, value)| !value.is_null());
        said.extend(own.map(|(name, value)| (format!("setting {name}"), value.to_string())));
    }
    for (form, fields) in &setup.forms {
        let fields: Vec<String> = fields.iter().map(field).collect();
        said.insert(format!("form {form}"), fields.join(", "));
    }
    for hook in &setup.webhooks {
        let about = said.entry(format!("webhook {}", hook.url)).or_default();
        if !about.is_empty() {
            about.push_str(" and ");
        }
        about.push_str(&webhook(hook));
    }
    said
}

fn field(field: &FormField) -> String {
    let FormField { name, label, kind, required, options } = field;
    let required = if *required { ", required" } else { "" };
    let options = if options.is_empty() { String::new() } else { format!(" of {options:?}") };
    format!("{name:?} ({label:?}, {kind}{options}{required})")
}

/// The events that a webhook gets.
pub(super) fn announced(webhook: &WebhookSetup) -> String {
    if webhook.events.is_empty() { "all events".to_owned() } else { format!("{:?}", webhook.events) }
}

/// A webhook's switch, events and description.
pub(super) fn described(webhook: &WebhookSetup) -> String {
    let switch = if webhook.enabled { "on" } else { "switched off" };
    let description = webhook.description.as_ref().map_or_else(String::new, |text| format!("; {text:?}"));
    format!("{switch}; {}{description}", announced(webhook))
}

/// The differences of two lists of values: name, one, the other.
pub(super) fn differences(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Vec<[String; 3]> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let side = |said: &BTreeMap<String, String>, name| said.get(name).map_or(ABSENT, String::as_str).to_owned();
    let rows = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
    rows.map(|name| [name.clone(), side(one, name), side(other, name)]).collect()
}

#[cfg(test)]
mod tests {
    use authsome::core::environment::EnvironmentType;
    use authsome::engine::NewEnvironment;
    use serde_json::json;

    use super::*;

    fn setup() -> EnvironmentSetup {
        let environment = NewEnvironment::new("A", EnvironmentType::Custom);
        EnvironmentSetup { environment, forms: BTreeMap::new(), webhooks: Vec::new() }
    }

    fn form(names: &[&str], options: &[&str]) -> BTreeMap<String, String> {
        let field = |name| json!({"name": name, "label": "L", "type": "select", "required": true, "options": options});
        let fields = names.iter().map(|name| serde_json::from_value(field(name)).unwrap()).collect();
        statements(&EnvironmentSetup { forms: [("signup".to_owned(), fields)].into(), ..setup() }, described)
    }

    fn hook(events: &[&str]) -> BTreeMap<String, String> {
        let events = events.iter().map(|event| (*event).to_owned()).collect();
        let url = "https://a.example".to_owned();
        let hook = WebhookSetup { url, description: None, events, enabled: true, secret: None };
        statements(&EnvironmentSetup { webhooks: vec![hook], ..setup() }, described)
    }

    #[test]
    fn what_is_not_alike_does_not_read_alike() {
        let pairs = [
            (form(&["a"], &["a|b"]), form(&["a"], &["a", "b"])),
            (form(&["a"], &["a\", \"b"]), form(&["a"], &["a", "b"])),
            (form(&["a (\"L\", select of [\"c\"], required), b"], &["c"]), form(&["a", "b"], &["c"])),
            (hook(&["a, b"]), hook(&["a", "b"])),
            (hook(&["all events"]), hook(&[])),
        ];
        for (one, other) in pairs {
            assert_eq!(differences(&one, &other).len(), 1, "{one:?}");
        }
    }
}
