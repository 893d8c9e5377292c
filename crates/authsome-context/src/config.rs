//! [`Config`]: what an engine is told besides its store, keys and plugins.

use std::time::Duration;

use authsome_core::environment::{SettingDeclaration, Settings};
use authsome_core::error::{FieldError, FieldErrors};
use authsome_core::time::Seconds;

use crate::rules::slug;

const DAY: Seconds = Seconds::days(1);

/// What an engine is told besides its store, keys and plugins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Slug of the app that requests mean where they name none. Made at the first start. Default: `default`.
    pub app: String,
    /// Path below which routes live: empty, or beginning and not ending with a slash. Default: `/v1/auth`.
    pub base_path: String,
    /// Where people reach the application: an `http` or `https` URL without query, fragment and trailing slash. Links in
    /// mails are made from it, never from a request. Default: `http://localhost:8080`.
    pub public_url: String,
    /// Settings for all environments, weaker than an environment's and an app's own. Default: none.
    pub settings: Settings,
    /// Whether requests are limited in their rate. Does not concern lockout. Default: true.
    pub rate_limits: bool,
    /// How long another process's change of an environment or its settings may go unnoticed, at most a minute. A change
    /// by this process takes effect at once. Default: 1 second.
    pub cache_ttl: Duration,
    /// How long a mailed password reset is valid: 1 minute to 1 day. Default: 1 hour.
    pub reset_token_ttl: Seconds,
    /// How long a mailed verification of an address is valid: 1 minute to 30 days. Default: 24 hours.
    pub verification_token_ttl: Seconds,
    /// How long a key signs JSON Web Tokens until the next one takes its place: 1 day to 1 year. Default: 90 days.
    pub signing_key_ttl: Seconds,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            app: "default".to_owned(),
            base_path: "/v1/auth".to_owned(),
            public_url: "http://localhost:8080".to_owned(),
            settings: Settings::default(),
            rate_limits: true,
            cache_ttl: Duration::from_secs(1),
            reset_token_ttl: Seconds::hours(1),
            verification_token_ttl: DAY,
            signing_key_ttl: Seconds::days(90),
        }
    }
}

impl Config {
    /// What is wrong with it, field by field. `declared` are the settings of plugins.
    #[must_use]
    pub fn check(&self, declared: &[SettingDeclaration]) -> Vec<FieldError> {
        let mut errors = FieldErrors::default();
        errors.require(slug::is_valid(&self.app), "app", slug::RULE);
        errors.require(
            is_base_path(&self.base_path),
            "base_path",
            "it is empty, or begins and does not end with a slash",
        );
        errors.require(
            is_public_url(&self.public_url),
            "public_url",
            "it is an http or https URL without query and end slash",
        );
        errors.require(self.cache_ttl <= Duration::from_secs(60), "cache_ttl", "it is at most a minute");
        let within = |value: Seconds, most: Seconds| (Seconds::minutes(1)..=most).contains(&value);
        errors.require(within(self.reset_token_ttl, DAY), "reset_token_ttl", "it lies between a minute and a day");
        let month = Seconds::days(30);
        let message = "it lies between a minute and 30 days";
        errors.require(within(self.verification_token_ttl, month), "verification_token_ttl", message);
        let is_ttl = (DAY..=Seconds::days(365)).contains(&self.signing_key_ttl);
        errors.require(is_ttl, "signing_key_ttl", "it lies between a day and a year");
        errors.extend("settings", self.settings.check(declared));
        errors.extend("settings", self.settings.unknown(declared));
        errors.into_vec()
    }
}

fn is_base_path(path: &str) -> bool {
    path.is_empty()
        || (path.starts_with('/')
            && !path.ends_with('/')
            && !path.contains("//")
            && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte)))
}

fn is_public_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !url.ends_with('/')
        && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "?#<>\"\\@".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(config: &Config) -> Vec<String> {
        config.check(&[]).into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn the_default_configuration_is_valid() {
        assert!(Config::default().check(&[]).is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let config = Config {
            app: "Not A Slug".to_owned(),
            base_path: "v1/".to_owned(),
            public_url: "ftp://example.com".to_owned(),
            cache_ttl: Duration::from_secs(61),
            reset_token_ttl: Seconds(59),
            verification_token_ttl: Seconds::days(31),
            signing_key_ttl: Seconds::hours(23),
            settings: Settings { session_ttl: Some(Seconds(1)), ..Settings::default() },
            ..Config::default()
        };
        let expected = [
            "app",
            "base_path",
            "public_url",
            "cache_ttl",
            "reset_token_ttl",
            "verification_token_ttl",
            "signing_key_ttl",
            "settings.session_ttl",
        ];
        assert_eq!(fields(&config), expected);
    }

    #[test]
    fn a_public_url_has_a_host_and_no_end_slash() {
        for url in ["https://", "https:///x", "https://a.example/", "https://a.example?x", "https://u@a.example", "a.b"]
        {
            let config = Config { public_url: url.to_owned(), ..Config::default() };
            assert_eq!(fields(&config), ["public_url"], "{url}");
        }
        let config = Config { public_url: "https://a.example/app".to_owned(), ..Config::default() };
        assert!(fields(&config).is_empty());
    }
}
