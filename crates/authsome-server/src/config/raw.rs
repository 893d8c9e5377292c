//! [`Raw`]: file, variables and flags merged, as text.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::RangeInclusive;

use authsome::core::secret::SecretString;
use figment::Figment;
use figment::error::{Actual, Kind};
use figment::providers::{Format, Toml};
use serde::Deserialize;

use super::file::File;
use super::flags::{Flags, ServeFlags};
use crate::failure::Failure;

/// Every key of the configuration file; `AUTHSOME_` and the upper-case key is the variable of the same meaning.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) listen: Option<String>,
    pub(super) database: Option<String>,
    pub(super) database_max_connections: Option<Number>,
    pub(super) database_acquire_timeout: Option<Number>,
    pub(super) data_dir: Option<String>,
    pub(super) public_url: Option<String>,
    pub(super) log_format: Option<String>,
    pub(super) log: Option<String>,
    pub(super) trusted_proxies: Option<Listed>,
    pub(super) admin_token: Option<SecretString>,
    pub(super) master_key: Option<SecretString>,
    pub(super) smtp_url: Option<SecretString>,
    pub(super) mail_from: Option<String>,
    pub(super) mail_dir: Option<String>,
    pub(super) rate_limits: Option<Switch>,
}

/// The keys of [`Raw`], as it lists them when it refuses one that it does not know.
fn keys() -> &'static [&'static str] {
    match Figment::from(("?", "")).extract::<Raw>().map_err(|error| error.kind) {
        Err(Kind::UnknownField(_, known)) => known,
        _ => &[],
    }
}

/// A list, or its items separated by commas.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Listed {
    Text(String),
    Items(Vec<String>),
}

impl Listed {
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, items) = match self {
            Self::Text(text) => (text.as_str(), [].as_slice()),
            Self::Items(items) => ("", items.as_slice()),
        };
        text.split(',').chain(items.iter().map(String::as_str)).map(str::trim).filter(|item| !item.is_empty())
    }
}

/// A whole number, or a text that is one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Number {
    Number(u32),
    Text(String),
}

impl Number {
    /// The number of a key, which must lie in a range.
    pub(super) fn within(&self, key: &str, range: RangeInclusive<u32>) -> Result<u32, Failure> {
        let number = match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        };
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            Failure::config(
                format!("{key} is not a whole number in its range"),
                format!("give one from {} to {}", range.start(), range.end()),
            )
        })
    }
}

/// `on` or `off`, or a synonym.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Switch {
    Bool(bool),
    Text(String),
}

impl Switch {
    pub(super) fn on(&self) -> Result<bool, Failure> {
        match self {
            Self::Bool(on) => Ok(*on),
            Self::Text(text) => match text.to_ascii_lowercase().as_str() {
                "on" | "true" => Ok(true),
                "off" | "false" => Ok(false),
                _ => Err(Failure::config(format!("rate_limits is `{text}`"), "say `on` or `off`")),
            },
        }
    }
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Human,
    Json,
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(Failure::config(format!("the log format is `{text}`"), "say `human` or `json`")),
        }
    }
}

/// The environment variables of the configuration. An empty one counts as absent.
#[derive(Default)]
pub(super) struct Variables {
    by_key: BTreeMap<&'static str, String>,
    /// Unknown variables with the program's prefix.
    pub(super) unknown: Vec<String>,
}

impl Variables {
    /// # Errors
    /// A variable of the configuration is not UTF-8.
    pub(super) fn of(all: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, Failure> {
        let (mut variables, keys) = (Self::default(), keys());
        for (name, value) in all {
            let Some(name) = name.to_str() else { continue };
            if value.is_empty() {
                continue;
            }
            let own = name.strip_prefix("AUTHSOME_").map(str::to_ascii_lowercase);
            let key = match &own {
                Some(own) => keys.iter().copied().find(|key| *key == own && *key != "database"),
                None => (name == "DATABASE_URL").then_some("database"),
            };
            match key {
                Some(key) => {
                    let unreadable = |_| Failure::config(format!("{name} is not UTF-8"), "set it to a readable text");
                    variables.by_key.insert(key, value.into_string().map_err(unreadable)?);
                }
                None if own.is_some() => variables.unknown.push(name.to_owned()),
                None => {}
            }
        }
        Ok(variables)
    }
}

impl Raw {
    pub(super) fn merge(
        file: Option<File>,
        variables: &Variables,
        flags: &Flags,
        serve: &ServeFlags,
    ) -> Result<Self, Failure> {
        let mut figment = Figment::new();
        let mut path = String::new();
        if let Some(file) = file {
            path = file.path.display().to_string();
            figment = figment.merge(Toml::string(&file.text));
        }
        let flags = [
            ("listen", &serve.listen),
            ("public_url", &serve.public_url),
            ("trusted_proxies", &serve.trusted_proxies),
            ("database", &flags.database),
            ("data_dir", &flags.data_dir),
            ("log_format", &flags.log_format),
        ];
        let flags = flags.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        // As texts: a token of digits is not a number.
        let texts = variables.by_key.iter().map(|(key, value)| (*key, value)).chain(flags);
        texts.fold(figment, Figment::merge).extract().map_err(|error| refused(error, &path))
    }
}

/// The error in a file, without values: one of them may be a secret.
fn refused(error: figment::Error, file: &str) -> Failure {
    let key = error.path.join(".");
    match error.kind {
        Kind::UnknownField(field, known) => {
            Failure::config(format!("{file}: unknown key `{field}`"), format!("the keys are {}", known.join(", ")))
        }
        Kind::InvalidType(actual, _) | Kind::InvalidValue(actual, _) => Failure::config(
            format!("{file}: `{key}` is {}", named(&actual)),
            "write a text in quotation marks; see the README for what each key takes",
        ),
        // A list or switch is tried in both of its forms, and the error names neither.
        _ if !key.is_empty() => {
            Failure::config(format!("{file}: `{key}` cannot be understood"), "see the README for what the key takes")
        }
        kind => Failure::config(
            format!("{file} is not TOML: {}", first_line(&kind.to_string())),
            "mend the file, or name another with --config",
        ),
    }
}

fn named(actual: &Actual) -> &'static str {
    match actual {
        Actual::Bool(_) => "true or false",
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => "a number",
        Actual::Seq => "a list",
        Actual::Map => "a table",
        _ => "of another type than expected",
    }
}

/// The line of a parser's message that names the place; later lines quote the file.
fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or("it cannot be parsed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(toml: &str, variables: &[(&str, &str)], serve: &ServeFlags) -> Result<Raw, Failure> {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let file = File { path: "authsome.toml".into(), text: toml.to_owned() };
        Raw::merge(Some(file), &Variables::of(variables)?, &Flags::default(), serve)
    }

    #[test]
    fn a_flag_wins_over_a_variable_over_the_file() {
        let toml = "listen = \"1.1.1.1:1\"\n";
        let none = ServeFlags::default();
        let flag = ServeFlags { listen: Some("3.3.3.3:3".to_owned()), ..ServeFlags::default() };
        let variable = [("AUTHSOME_LISTEN", "2.2.2.2:2")];
        assert_eq!(merge(toml, &[], &none).unwrap().listen.as_deref(), Some("1.1.1.1:1"));
        assert_eq!(merge(toml, &variable, &none).unwrap().listen.as_deref(), Some("2.2.2.2:2"));
        assert_eq!(merge(toml, &variable, &flag).unwrap().listen.as_deref(), Some("3.3.3.3:3"));
    }

    #[test]
    fn an_empty_variable_counts_as_absent() {
        let raw = merge("", &[("AUTHSOME_LISTEN", ""), ("DATABASE_URL", "")], &ServeFlags::default()).unwrap();
        assert!(raw.listen.is_none() && raw.database.is_none());
    }

    #[test]
    fn a_variable_that_means_nothing_is_noticed() {
        let variables = ["AUTHSOME_LISTN", "AUTHSOME_LISTEN", "PATH"].map(|name| (name.into(), "x".into()));
        assert_eq!(Variables::of(variables.into_iter()).unwrap().unknown, ["AUTHSOME_LISTN"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf_8_is_refused_and_not_repeated() {
        use std::os::unix::ffi::OsStringExt;
        let value = || OsString::from_vec(b"secret\xff".to_vec());
        for name in ["DATABASE_URL", "AUTHSOME_MASTER_KEY"] {
            let failure = Variables::of([(name.into(), value())].into_iter()).err().unwrap().to_string();
            assert!(failure.contains(name) && !failure.contains("secret"), "{failure}");
        }
        assert!(Variables::of([("PATH".into(), value())].into_iter()).is_ok());
    }

    #[test]
    fn a_variable_of_digits_is_a_text() {
        let raw = merge("", &[("AUTHSOME_ADMIN_TOKEN", "1234")], &ServeFlags::default()).unwrap();
        assert_eq!(raw.admin_token.unwrap().expose(), "1234");
    }

    #[test]
    fn an_unknown_key_is_named_with_the_known_ones() {
        let failure = merge("lisen = \"x\"\n", &[], &ServeFlags::default()).err().unwrap().to_string();
        assert!(failure.contains("`lisen`") && failure.contains("listen") && failure.contains("data_dir"), "{failure}");
    }

    #[test]
    fn a_value_in_the_file_is_never_repeated() {
        for toml in ["admin_token = 918273645\n", "admin_token = [\"918273645\"]\n", "admin_token = \"918273645\n"] {
            let failure = merge(toml, &[], &ServeFlags::default()).err().unwrap().to_string();
            assert!(!failure.contains("918273645"), "{failure}");
        }
    }

    #[test]
    fn a_list_a_number_and_a_switch_may_be_written_as_a_text_too() {
        for toml in ["trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n", "trusted_proxies = \"10.0.0.0/8, ::1\"\n"] {
            let raw = merge(toml, &[], &ServeFlags::default()).unwrap();
            assert_eq!(raw.trusted_proxies.unwrap().texts().collect::<Vec<_>>(), ["10.0.0.0/8", "::1"]);
        }
        for toml in ["database_max_connections = 7\n", "database_max_connections = \"7\"\n"] {
            let raw = merge(toml, &[], &ServeFlags::default()).unwrap();
            assert_eq!(raw.database_max_connections.unwrap().within("x", 1..=9), Ok(7));
        }
        for toml in ["rate_limits = false\n", "rate_limits = \"off\"\n"] {
            let raw = merge(toml, &[], &ServeFlags::default()).unwrap();
            assert_eq!(raw.rate_limits.unwrap().on(), Ok(false));
        }
    }
}
