//! `authsome env list` and `show`.

use authsome::core::entity::Listed;
use authsome::core::environment::{Environment, Sourced};

use super::Of;
use crate::cli::{open, output};
use crate::failure::Failure;

pub(super) async fn list(of: &Of<'_>) -> Result<(), Failure> {
    let every = Listed::every(usize::MAX, |page| of.environments.list(page)).await;
    // Oldest first, as they were made.
    let rows: Vec<_> = open::done(every, "the list", "doctor")?.iter().rev().map(row).collect();
    output::table(["SLUG", "TYPE", "DEFAULT", "ACTIVE", "NAME", "ID"], &rows)
}

pub(super) async fn one(of: &Of<'_>, named: &str) -> Result<(), Failure> {
    let environment = of.named(named).await?;
    let settings = effective(of, &environment).await?;
    output::fields(&described(&environment))?;
    output::line("")?;
    output::table(["SETTING", "VALUE", "FROM"], &sourced(&settings))
}

/// The effective settings of an environment.
pub(super) async fn effective(of: &Of<'_>, environment: &Environment) -> Result<Sourced, Failure> {
    open::done(of.environments.effective_settings(environment.id).await, "the settings", "env list")
}

/// Each setting with its value and its source.
pub(super) fn sourced(settings: &Sourced) -> Vec<[String; 3]> {
    let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(settings) else { return Vec::new() };
    let row = |(name, setting): (String, serde_json::Value)| {
        let member = |member: &str| setting.get(member).cloned().unwrap_or_default();
        let source = member("source").as_str().unwrap_or_default().to_owned();
        [name, member("value").to_string(), source]
    };
    settings.into_iter().map(row).collect()
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn row(environment: &Environment) -> [String; 6] {
    [
        environment.slug.clone(),
        environment.kind.as_str().to_owned(),
        yes(environment.is_default.0),
        yes(environment.is_active),
        environment.name.clone(),
        environment.id.to_string(),
    ]
}

pub(super) fn described(environment: &Environment) -> Vec<(&'static str, String)> {
    vec![
        ("id", environment.id.to_string()),
        ("slug", environment.slug.clone()),
        ("name", environment.name.clone()),
        ("type", environment.kind.as_str().to_owned()),
        ("publishable key", environment.publishable_key.clone()),
        ("default", yes(environment.is_default.0)),
        ("active", yes(environment.is_active)),
        ("description", environment.description.clone().unwrap_or_default()),
        ("created at", environment.created_at.to_string()),
    ]
}
