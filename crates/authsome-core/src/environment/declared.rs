//! [`Setting`]: a setting that a plugin declares.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::settings::CORE_NAMES;
use crate::error::FieldErrors;
use crate::name::is_name;
use crate::time::Seconds;

/// The forms of a declared setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Flag { built_in: bool },
    Number { least: u32, most: u32, built_in: u32 },
    Choice { of: &'static [&'static str], built_in: &'static str },
}

/// A setting that a plugin declares, with its type erased. It has the precedence of core's: environment, app,
/// configuration, built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingDeclaration {
    name: &'static str,
    about: &'static str,
    form: Form,
}

impl SettingDeclaration {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The built-in value.
    #[must_use]
    pub fn built_in(&self) -> Value {
        match self.form {
            Form::Flag { built_in } => built_in.into(),
            Form::Number { built_in, .. } => built_in.into(),
            Form::Choice { built_in, .. } => built_in.into(),
        }
    }

    /// Its schema, for the OpenAPI document.
    #[must_use]
    pub fn schema(&self) -> Value {
        let description = self.about;
        match self.form {
            Form::Flag { .. } => json!({"type": ["boolean", "null"], "description": description}),
            Form::Number { least, most, .. } => {
                json!({"type": ["integer", "null"], "minimum": least, "maximum": most, "description": description})
            }
            Form::Choice { of, .. } => {
                let values: Vec<Value> = of.iter().map(|&word| word.into()).chain([Value::Null]).collect();
                json!({"enum": values, "description": description})
            }
        }
    }

    /// Whether it can be declared: its name is `snake_case` and not one of core's, and its own built-in value is in its
    /// range.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        is_name(self.name) && !CORE_NAMES.contains(&self.name) && self.allows(&self.built_in())
    }

    /// What is wrong with its value among these.
    pub(super) fn check(&self, values: &BTreeMap<String, Value>, errors: &mut FieldErrors) {
        let message = match self.form {
            Form::Flag { .. } => "it is true or false".to_owned(),
            Form::Number { least, most, .. } => format!("it lies between {least} and {most}"),
            Form::Choice { of, .. } => format!("it is one of: {}", of.join(", ")),
        };
        errors.require(values.get(self.name).is_none_or(|value| self.allows(value)), self.name, message);
    }

    /// Its value among these, if it is valid. Another version of the plugin may have stored an invalid one.
    pub(super) fn accepted<'a>(&self, values: &'a BTreeMap<String, Value>) -> Option<&'a Value> {
        values.get(self.name).filter(|value| self.allows(value))
    }

    fn allows(&self, value: &Value) -> bool {
        match self.form {
            Form::Flag { .. } => value.is_boolean(),
            Form::Number { least, most, .. } => {
                value.as_u64().is_some_and(|value| (u64::from(least)..=u64::from(most)).contains(&value))
            }
            Form::Choice { of, .. } => value.as_str().is_some_and(|value| of.contains(&value)),
        }
    }
}

/// A setting that a plugin declares. [`EffectiveSettings::get`](super::EffectiveSettings::get) reads it.
///
/// ```
/// use authsome_core::environment::Setting;
/// use authsome_core::time::Seconds;
///
/// /// How long a link is valid.
/// static MAGIC_LINK_TTL: Setting<Seconds> =
///     Setting::seconds("magic_link_ttl", 60..=86_400, 900, "How long a magic link is valid, in seconds.");
/// assert_eq!(MAGIC_LINK_TTL.declaration().name(), "magic_link_ttl");
/// ```
#[derive(Debug)]
pub struct Setting<T> {
    declaration: SettingDeclaration,
    of: PhantomData<fn() -> T>,
}

impl<T> Setting<T> {
    const fn new(name: &'static str, about: &'static str, form: Form) -> Self {
        Self { declaration: SettingDeclaration { name, about, form }, of: PhantomData }
    }

    /// What [`Capabilities::settings`](crate::plugin::Capabilities::settings) takes.
    #[must_use]
    pub const fn declaration(&self) -> SettingDeclaration {
        self.declaration
    }
}

impl<T: DeserializeOwned> Setting<T> {
    /// The effective value; the built-in one if the engine does not have the plugin.
    pub(super) fn read(&self, values: &BTreeMap<&'static str, Value>) -> T {
        let value = values.get(self.declaration.name).cloned();
        let value = value.unwrap_or_else(|| self.declaration.built_in());
        #[expect(clippy::expect_used, reason = "the constructors pair each form with a type that reads its values")]
        serde_json::from_value(value).expect("a setting is of its declared form")
    }
}

impl Setting<bool> {
    /// True or false.
    #[must_use]
    pub const fn flag(name: &'static str, built_in: bool, about: &'static str) -> Self {
        Self::new(name, about, Form::Flag { built_in })
    }
}

impl Setting<u32> {
    /// A whole number in a range.
    #[must_use]
    pub const fn number(
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
        built_in: u32,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Form::Number { least: *range.start(), most: *range.end(), built_in })
    }
}

impl Setting<Seconds> {
    /// A duration in whole seconds, in a range.
    #[must_use]
    pub const fn seconds(
        name: &'static str,
        range: std::ops::RangeInclusive<u32>,
        built_in: u32,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Form::Number { least: *range.start(), most: *range.end(), built_in })
    }
}

impl Setting<String> {
    /// One of several words.
    #[must_use]
    pub const fn choice(
        name: &'static str,
        of: &'static [&'static str],
        built_in: &'static str,
        about: &'static str,
    ) -> Self {
        Self::new(name, about, Form::Choice { of, built_in })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, SettingsPatch, Sourced};
    use super::*;

    static TTL: Setting<Seconds> = Setting::seconds("link_ttl", 60..=3_600, 900, "How long.");
    static QUIET: Setting<bool> = Setting::flag("quiet", false, "Whether.");
    static MODE: Setting<String> = Setting::choice("mode", &["code", "link"], "link", "Which.");

    fn settings(text: &str) -> Settings {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_declared_setting_has_the_precedence_of_the_others() {
        let declared = [TTL.declaration(), MODE.declaration()];
        let ttl = |environment: &str, app: &str, config: &str| {
            let sourced = Sourced::resolve(&settings(environment), &settings(app), &settings(config), &declared);
            sourced.effective().get(&TTL).0
        };
        let (one, two, three) = (r#"{"link_ttl": 61}"#, r#"{"link_ttl": 62}"#, r#"{"link_ttl": 63}"#);
        assert_eq!(ttl(one, two, three), 61);
        assert_eq!(ttl("{}", two, three), 62);
        assert_eq!(ttl("{}", "{}", three), 63);
        assert_eq!(ttl("{}", "{}", "{}"), 900);
        // A value of another version does not count.
        assert_eq!(ttl(r#"{"link_ttl": "long"}"#, "{}", three), 63);
    }

    #[test]
    fn what_a_declaration_does_not_allow_is_named() {
        let declared = [TTL.declaration(), MODE.declaration()];
        for text in [r#"{"link_ttl": 59}"#, r#"{"link_ttl": 3601}"#, r#"{"link_ttl": -1}"#, r#"{"link_ttl": 1e9}"#] {
            let fields: Vec<_> = settings(text).check(&declared).into_iter().map(|error| error.field).collect();
            assert_eq!(fields, ["link_ttl"], "{text}");
        }
        for text in [r#"{"quiet": 1}"#, r#"{"quiet": "true"}"#] {
            assert_eq!(settings(text).check(&[QUIET.declaration()]).len(), 1, "{text}");
        }
        assert_eq!(settings(r#"{"mode": "pigeon"}"#).check(&declared).len(), 1);
        assert!(settings(r#"{"link_ttl": 60, "mode": "code"}"#).check(&declared).is_empty());
        assert_eq!(settings(r#"{"other": 1}"#).unknown(&declared).len(), 1);
    }

    #[test]
    fn what_no_declaration_could_allow_is_not_read() {
        let long = "x".repeat(65);
        let text = json!({"a": [1], "b": {"c": 1}, "d": null, "e": long, "f": true, (long): 1}).to_string();
        assert_eq!(settings(&text), settings(r#"{"f": true}"#));
    }

    #[test]
    fn a_patch_sets_inherits_and_replaces_declared_settings_too() {
        let mut at = settings(r#"{"link_ttl": 100, "mode": "code", "session_ttl": 60}"#);
        at.patch(serde_json::from_str(r#"{"link_ttl": null}"#).unwrap());
        assert_eq!(at, settings(r#"{"mode": "code", "session_ttl": 60}"#));
        at.patch(SettingsPatch::inherit_all());
        assert_eq!(at, Settings::default());
    }

    #[test]
    fn a_declaration_takes_no_name_of_core_and_no_default_out_of_range() {
        assert!(TTL.declaration().is_valid() && MODE.declaration().is_valid());
        assert!(!Setting::number("session_ttl", 1..=2, 1, "").declaration().is_valid());
        assert!(!Setting::number("A", 1..=2, 1, "").declaration().is_valid());
        assert!(!Setting::number("a", 1..=2, 3, "").declaration().is_valid());
        assert!(!Setting::choice("a", &["b"], "c", "").declaration().is_valid());
    }
}
