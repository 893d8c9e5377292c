//! Settings: the values of an environment, its app and the configuration, and the effective values.
//!
//! One list makes the three forms: [`Settings`] (values may be absent), [`EffectiveSettings`] (all are present) and
//! [`Sourced`] (each with its source). To add a setting, add a line. Plugins declare theirs
//! ([`Setting`](super::Setting)), and all three forms carry them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EnvironmentType, Setting, SettingDeclaration};
use crate::error::{FieldError, FieldErrors};
use crate::text_enum;
use crate::time::Seconds;

text_enum! {
    /// How far a session may move from the address it was made from.
    pub enum IpBinding {
        /// Anywhere.
        Disabled = "disabled",
        /// Within the same /24 (IPv4) or /64 (IPv6).
        Subnet = "subnet",
        /// Nowhere.
        Strict = "strict",
    }
}

text_enum! {
    /// The source of an effective setting, strongest first.
    pub enum SettingSource {
        /// The environment's own settings.
        Environment = "environment",
        /// The app's session configuration.
        App = "app",
        /// The engine's configuration.
        Config = "config",
        /// The built-in value.
        BuiltIn = "built_in",
    }
}

/// An effective setting with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SettingValue<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: SettingSource,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $ty:ty = $built_in:expr;)*) => {
        /// Settings. An absent setting is inherited.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        pub struct Settings {
            $($(#[$doc])* pub $name: Option<$ty>,)*
            /// Settings of plugins, by name. Undeclared ones are kept and have no effect.
            #[serde(flatten, deserialize_with = "declarable")]
            pub plugins: BTreeMap<String, Value>,
        }

        /// A change of settings: absent leaves a value, null makes it inherited (RFC 7396).
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(default, remote = "Self")]
        pub struct SettingsPatch {
            $($(#[$doc])*
            #[serde(deserialize_with = "present")]
            pub $name: Option<Option<$ty>>,)*
            /// Settings of plugins, by name; null makes one inherited.
            #[serde(flatten)]
            pub plugins: BTreeMap<String, Value>,
            /// Whether absent settings become inherited too.
            #[serde(skip)]
            pub replaces: bool,
        }

        /// The effective settings.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct EffectiveSettings {
            $($(#[$doc])* pub $name: $ty,)*
            /// Settings of plugins, by name.
            #[serde(flatten)]
            pub plugins: BTreeMap<&'static str, Value>,
        }

        /// The effective settings, each with its source.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
        pub struct Sourced {
            $($(#[$doc])* pub $name: SettingValue<$ty>,)*
            /// Settings of plugins, by name.
            #[serde(flatten)]
            pub plugins: BTreeMap<&'static str, SettingValue<Value>>,
        }

        impl Settings {
            /// Applies a change.
            pub fn patch(&mut self, patch: SettingsPatch) {
                if patch.replaces {
                    *self = Self::default();
                }
                $(if let Some(value) = patch.$name { self.$name = value; })*
                for (name, value) in patch.plugins {
                    if value.is_null() { self.plugins.remove(&name); } else { self.plugins.insert(name, value); }
                }
            }
        }

        impl From<Settings> for SettingsPatch {
            /// The change that sets the present settings and leaves the others.
            fn from(settings: Settings) -> Self {
                Self { $($name: settings.$name.map(Some),)* plugins: settings.plugins, replaces: false }
            }
        }

        impl SettingsPatch {
            /// The change that makes every setting inherited.
            #[must_use]
            pub fn inherit_all() -> Self {
                Self { replaces: true, ..Self::default() }
            }
        }

        impl Sourced {
            /// Resolves the environment's settings, the app's, and the configuration's, in falling precedence.
            /// `declared` are the settings of plugins.
            #[must_use]
            pub fn resolve(
                environment: &Settings,
                app: &Settings,
                config: &Settings,
                declared: &[SettingDeclaration],
            ) -> Self {
                let plugin = |declaration: &SettingDeclaration| {
                    let said = |settings: &Settings| declaration.accepted(&settings.plugins).cloned();
                    (declaration.name(), pick(&said(environment), &said(app), &said(config), || declaration.built_in()))
                };
                Self {
                    $($name: pick(&environment.$name, &app.$name, &config.$name, || $built_in),)*
                    plugins: declared.iter().map(plugin).collect(),
                }
            }

            /// The values without their sources.
            #[must_use]
            pub fn effective(self) -> EffectiveSettings {
                EffectiveSettings {
                    $($name: self.$name.value,)*
                    plugins: self.plugins.into_iter().map(|(name, setting)| (name, setting.value)).collect(),
                }
            }
        }

        /// The names of core's settings. A plugin's setting cannot have one of them.
        pub(super) const CORE_NAMES: &[&str] = &[$(stringify!($name),)*];
    };
}

settings! {
    /// How long a session's token is valid, in seconds: 60 to 31,536,000 (a year). Built in: 7 days.
    session_ttl: Seconds = Seconds::days(7);
    /// How long a session can be refreshed, in seconds: 60 to 31,536,000 (a year). Built in: 30 days.
    refresh_token_ttl: Seconds = Seconds::days(30);
    /// How many sessions a user has at most; 0 is unlimited. The oldest ends. Built in: 0.
    max_sessions_per_user: u32 = 0;
    /// After how many seconds without a request a session ends; 0 is never, else at least 60. Built in: 0.
    idle_session_timeout: Seconds = Seconds(0);
    /// Fewest code points of a new password: 8 to 128. Built in: 8 (NIST SP 800-63B-4, section 3.1.1.2).
    min_password_length: u32 = 8;
    /// Whether a new password needs a character that is neither letter nor digit. Built in: false.
    require_special_chars: bool = false;
    /// Whether a new password needs an upper-case letter. Built in: false.
    require_uppercase: bool = false;
    /// Whether a new password needs a digit. Built in: false.
    require_numbers: bool = false;
    /// Whether a sign-in needs a second factor. Built in: false.
    mfa_required: bool = false;
    /// The allowed methods of authentication; null is all, an empty list none. A session of a disallowed method is not
    /// refreshed, and lasts until its token expires. Built in: null.
    allowed_auth_methods: Option<Vec<String>> = None;
    /// Whether people can register themselves. Built in: true.
    self_registration: bool = true;
    /// Whether an address must be verified before the first sign-in. If not, a sign-up with a taken address is refused
    /// as a conflict. Built in: false.
    require_email_verification: bool = false;
    /// How far a session may move from the address it was made from. Built in: disabled.
    ip_binding: IpBinding = IpBinding::Disabled;
    /// Whether failed attempts lock an account. Built in: true.
    lockout_enabled: bool = true;
    /// How many failures lock an account: 1 to 100 (NIST SP 800-63B-4, section 3.2.2). Built in: 10.
    lockout_max_attempts: u32 = 10;
    /// How long a lock lasts, in seconds: 1 to 2,592,000 (30 days). Built in: 15 minutes.
    lockout_duration: Seconds = Seconds::minutes(15);
    /// Whether tokens mailed to reserved addresses (RFC 2606) are known beforehand, for tests without a mailbox. Always
    /// off in production; an environment of that type cannot switch it on. Built in: false.
    test_codes: bool = false;
}

/// Only an object: a derived implementation would also take a list, by position.
impl<'de> Deserialize<'de> for SettingsPatch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = SettingsPatch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of settings")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SettingsPatch, A::Error> {
                SettingsPatch::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl schemars::JsonSchema for SettingsPatch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Settings::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Settings::json_schema(generator)
    }
}

fn pick<T: Clone>(
    environment: &Option<T>,
    app: &Option<T>,
    config: &Option<T>,
    built_in: impl FnOnce() -> T,
) -> SettingValue<T> {
    let layers =
        [(environment, SettingSource::Environment), (app, SettingSource::App), (config, SettingSource::Config)];
    for (layer, source) in layers {
        if let Some(value) = layer {
            return SettingValue { value: value.clone(), source };
        }
    }
    SettingValue { value: built_in(), source: SettingSource::BuiltIn }
}

/// The values that a plugin's setting can have: true or false, a number, a word. Other stored values are not read.
fn declarable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Value>, D::Error> {
    let mut values = BTreeMap::<String, Value>::deserialize(deserializer)?;
    values.retain(|name, value| {
        let is_word = value.as_str().is_some_and(|word| word.len() <= 64);
        name.len() <= 64 && (value.is_boolean() || value.is_number() || is_word)
    });
    Ok(values)
}

/// A field that is present, perhaps null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

const YEAR: u32 = 31_536_000;

impl EffectiveSettings {
    /// The value of a plugin's setting.
    pub fn get<T: serde::de::DeserializeOwned>(&self, setting: &Setting<T>) -> T {
        setting.read(&self.plugins)
    }
}

impl Settings {
    /// The undeclared settings among these.
    #[must_use]
    pub fn unknown(&self, declared: &[SettingDeclaration]) -> Vec<FieldError> {
        let is_unknown = |name: &&String| !declared.iter().any(|declaration| declaration.name() == name.as_str());
        let unknown =
            |name: &String| FieldError { field: name.clone(), message: "it is an unknown setting".to_owned() };
        self.plugins.keys().filter(is_unknown).map(unknown).collect()
    }

    /// Warnings for the operator: settings that are allowed, but that a standard advises against.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let composed = [self.require_special_chars, self.require_uppercase, self.require_numbers];
        let mut warnings = Vec::new();
        if composed.contains(&Some(true)) {
            warnings.push(
                "composition rules make passwords easier to guess, not harder: NIST SP 800-63B-4 (section 3.1.1.2) \
                 and OWASP ASVS 5.0 (6.2.5) advise against them; ask for a greater length instead",
            );
        }
        warnings
    }

    /// The settings out of their range. `declared` are the settings of plugins; undeclared ones are skipped.
    #[must_use]
    pub fn check(&self, declared: &[SettingDeclaration]) -> Vec<FieldError> {
        let mut errors = FieldErrors::default();
        for declaration in declared {
            declaration.check(&self.plugins, &mut errors);
        }
        let seconds = |value: Option<Seconds>| value.map(|seconds| seconds.0);
        for (field, value, range) in [
            ("session_ttl", seconds(self.session_ttl), 60..=YEAR),
            ("refresh_token_ttl", seconds(self.refresh_token_ttl), 60..=YEAR),
            ("max_sessions_per_user", self.max_sessions_per_user, 0..=1_000),
            ("min_password_length", self.min_password_length, 8..=128),
            ("lockout_max_attempts", self.lockout_max_attempts, 1..=100),
            ("lockout_duration", seconds(self.lockout_duration), 1..=2_592_000),
        ] {
            errors.range(field, value.unwrap_or(*range.start()), range);
        }
        let is_idle = self.idle_session_timeout.is_none_or(|idle| idle.is_zero() || (60..=YEAR).contains(&idle.0));
        errors.require(is_idle, "idle_session_timeout", format!("it is 0 (off) or lies between 60 and {YEAR}"));
        let mut methods = self.allowed_auth_methods.iter().flatten().flatten();
        let is_name = |method: &String| (1..=64).contains(&method.len()) && !method.contains(char::is_control);
        let are_names = methods.clone().count() <= 64 && methods.all(is_name);
        let message = "at most 64 names of 1 to 64 characters, none of them a control character";
        errors.require(are_names, "allowed_auth_methods", message);
        errors.into_vec()
    }

    /// The settings out of their range, and those that an environment of this type cannot have.
    #[must_use]
    pub fn check_for(&self, kind: EnvironmentType, declared: &[SettingDeclaration]) -> Vec<FieldError> {
        let mut errors = self.check(declared);
        if self.clone().fitting(kind) != *self {
            let message = "an environment of type production cannot have test codes".to_owned();
            errors.push(FieldError { field: "test_codes".to_owned(), message });
        }
        errors
    }

    /// The same settings without those that an environment of this type cannot have.
    #[must_use]
    pub fn fitting(self, kind: EnvironmentType) -> Self {
        let test_codes = self.test_codes.filter(|on| !on || kind != EnvironmentType::Production);
        Self { test_codes, ..self }
    }
}

/// The requirements for a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PasswordPolicy {
    /// Fewest code points, after NFKC.
    pub min_length: u32,
    /// Most bytes.
    pub max_bytes: u32,
    /// Whether it needs a character that is neither letter nor digit.
    pub require_special_chars: bool,
    /// Whether it needs an upper-case letter.
    pub require_uppercase: bool,
    /// Whether it needs a digit.
    pub require_numbers: bool,
}

impl EffectiveSettings {
    /// The requirements for a new password.
    #[must_use]
    pub const fn password_policy(&self) -> PasswordPolicy {
        PasswordPolicy {
            min_length: self.min_password_length,
            max_bytes: 1_024,
            require_special_chars: self.require_special_chars,
            require_uppercase: self.require_uppercase,
            require_numbers: self.require_numbers,
        }
    }

    /// Whether a method is allowed.
    #[must_use]
    pub fn allows_method(&self, name: &str) -> bool {
        self.allowed_auth_methods.as_ref().is_none_or(|methods| methods.iter().any(|method| method == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_app_over_the_configuration_over_what_is_built_in() {
        let with = |ttl: u32| Settings { session_ttl: Some(Seconds(ttl)), ..Settings::default() };
        let none = Settings::default();
        let source = |environment: &Settings, app: &Settings, config: &Settings| {
            let sourced = Sourced::resolve(environment, app, config, &[]).session_ttl;
            (sourced.value.0, sourced.source)
        };
        assert_eq!(source(&with(61), &with(62), &with(63)), (61, SettingSource::Environment));
        assert_eq!(source(&none, &with(62), &with(63)), (62, SettingSource::App));
        assert_eq!(source(&none, &none, &with(63)), (63, SettingSource::Config));
        assert_eq!(source(&none, &none, &none), (604_800, SettingSource::BuiltIn));
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let mut settings = Settings { session_ttl: Some(Seconds(60)), mfa_required: Some(true), ..Settings::default() };
        settings.patch(serde_json::from_str(r#"{"session_ttl": null, "min_password_length": 12}"#).unwrap());
        assert_eq!(settings.session_ttl, None);
        assert_eq!(settings.mfa_required, Some(true));
        assert_eq!(settings.min_password_length, Some(12));
        for wrong in ["[3600]", "[]", "3600"] {
            assert!(serde_json::from_str::<SettingsPatch>(wrong).is_err(), "{wrong}");
        }
        settings.patch(serde_json::from_str(r#"{"sesion_ttl": 1}"#).unwrap());
        assert_eq!(settings.unknown(&[]).first().map(|error| error.field.as_str()), Some("sesion_ttl"));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let settings = Settings {
            session_ttl: Some(Seconds(59)),
            idle_session_timeout: Some(Seconds(1)),
            min_password_length: Some(7),
            lockout_max_attempts: Some(0),
            ..Settings::default()
        };
        let fields: Vec<String> = settings.check(&[]).into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["session_ttl", "min_password_length", "lockout_max_attempts", "idle_session_timeout"]);
        assert!(Settings::default().check(&[]).is_empty());
    }

    #[test]
    fn an_empty_list_of_methods_allows_none_and_no_list_allows_all() {
        let resolve = |methods| {
            let settings = Settings { allowed_auth_methods: methods, ..Settings::default() };
            Sourced::resolve(&settings, &Settings::default(), &Settings::default(), &[]).effective()
        };
        assert!(resolve(None).allows_method("password"));
        assert!(!resolve(Some(Some(Vec::new()))).allows_method("password"));
        assert!(resolve(Some(Some(vec!["password".to_owned()]))).allows_method("password"));
    }
}
