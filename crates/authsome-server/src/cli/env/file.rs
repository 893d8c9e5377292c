//! `authsome env export` and `import`: the setup of an environment, as YAML.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use authsome::core::confirmation::{Confirm, Destructive};
use authsome::core::environment::{EnvironmentType, SettingDeclaration, Settings, SettingsPatch};
use authsome::core::error::Code;
use authsome::core::formconfig::FormField;
use authsome::engine::{EnvironmentSetup, NewEnvironment, WebhookSecret, WebhookSetup};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{Of, changed, compare, made};
use crate::cli::{open, output, prompt};
use crate::failure::Failure;

pub(super) const ABOUT: &str = "Examples:
  authsome env export staging > staging.yaml
  authsome env import staging.yaml                    makes the environment with the file's slug; if it exists,
                                                      shows what would change, and asks
  authsome env import staging.yaml --confirm import   does not ask; scripts need this
  authsome env import staging.yaml --into preview     preview keeps its name, slug and type

A file has name, slug, type, description, color, settings, metadata, forms and webhooks. It never has users, keys,
tokens or secrets. `secret: {env: NAME}` at a webhook takes its secret from the variable NAME (`whsec_` and 24 to 64
bytes in base64). Without that line, a webhook keeps its secret, and a new webhook gets a new one. Settings, forms and
webhooks that are missing in the file are removed. Changing the type from production also needs
`--confirm change-environment-type`.";

/// The word that confirms an import.
const WORD: &str = "import";

/// Most bytes of a file.
const MAX_FILE: u64 = 1 << 20;

#[derive(clap::Args, Debug)]
pub(super) struct Import {
    /// File, or `-` for standard input
    file: String,
    /// Slug or id of the environment to change; by default the one with the file's slug
    #[arg(long, value_name = "ENVIRONMENT")]
    into: Option<String>,
    /// Agree to the changes without being asked
    #[arg(long, value_name = "ACTION", value_parser = [WORD, Destructive::ChangeEnvironmentType.as_str()])]
    confirm: Vec<String>,
}

impl Import {
    fn confirms(&self, word: &str) -> bool {
        self.confirm.iter().any(|given| given == word)
    }
}

/// A file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    slug: String,
    #[serde(rename = "type")]
    kind: EnvironmentType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(default, serialize_with = "own", deserialize_with = "said_settings")]
    settings: Settings,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(default)]
    forms: BTreeMap<String, Vec<FormField>>,
    #[serde(default)]
    webhooks: Vec<Webhook>,
}

/// Settings without the inherited ones.
fn own<S: Serializer>(settings: &Settings, serializer: S) -> Result<S::Ok, S::Error> {
    let mut settings = serde_json::to_value(settings).map_err(serde::ser::Error::custom)?;
    if let Some(settings) = settings.as_object_mut() {
        settings.retain(|_, value| !value.is_null());
    }
    settings.serialize(serializer)
}

/// Settings; a missing one is inherited, and an unknown one is refused.
fn said_settings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
    let mut settings = Settings::default();
    settings.patch(SettingsPatch::deserialize(deserializer)?);
    Ok(settings)
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default)]
    events: Vec<String>,
    enabled: bool,
    #[serde(default, skip_serializing)]
    secret: Option<Reference>,
}

/// The place of a secret.
#[derive(Debug)]
struct Reference {
    variable: String,
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReferenceVisitor)
    }
}

const NO_SECRET: &str = "a file cannot contain a secret: name the variable that holds it with `{env: NAME}`";

struct ReferenceVisitor;

impl<'de> Visitor<'de> for ReferenceVisitor {
    type Value = Reference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret's place, `{env: NAME}`")
    }

    // The error does not repeat a secret in the file.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Reference, E> {
        Err(E::custom(NO_SECRET))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Reference, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Named {
            env: String,
        }
        let Named { env } = Named::deserialize(MapAccessDeserializer::new(map))?;
        if env.starts_with("whsec_") {
            return Err(A::Error::custom(NO_SECRET));
        }
        if env.is_empty() || env.contains(['=', '\0']) {
            return Err(A::Error::custom("a variable needs a name"));
        }
        Ok(Reference { variable: env })
    }
}

impl From<EnvironmentSetup> for Document {
    fn from(setup: EnvironmentSetup) -> Self {
        let NewEnvironment { name, slug, kind, description, color, settings, metadata } = setup.environment;
        let webhooks = setup.webhooks.into_iter().map(|webhook| {
            let WebhookSetup { url, description, events, enabled, secret: _ } = webhook;
            Webhook { url, description, events, enabled, secret: None }
        });
        Self {
            name,
            slug: slug.unwrap_or_default(),
            kind,
            description,
            color,
            settings,
            metadata,
            forms: setup.forms,
            webhooks: webhooks.collect(),
        }
    }
}

impl Document {
    /// The environment in the file's text; `shown` is the file's name, `declared` are the settings of plugins.
    fn parse(text: &str, shown: &str, declared: &[SettingDeclaration]) -> Result<Self, Failure> {
        let refused = |what: &str| Failure::run(format!("{shown}{what}"), "see `authsome env import --help`");
        let says_nothing = |line: &str| matches!(line.trim(), "" | "---" | "...") || line.trim_start().starts_with('#');
        if text.trim_start_matches('\u{feff}').lines().all(says_nothing) {
            return Err(refused(" does not describe an environment"));
        }
        let document: Self = serde_saphyr::from_str(text).map_err(|error| {
            let place = error.location().map_or_else(String::new, |at| format!(", line {}", at.line()));
            match error.without_snippet() {
                serde_saphyr::Error::MultipleDocuments { .. } => {
                    refused(&format!("{place}: a second document begins, and a file has one"))
                }
                error => refused(&format!("{place}: {error}")),
            }
        })?;
        if let Some(unknown) = document.settings.unknown(declared).first() {
            let key = format!("{}:", unknown.field);
            let line = text.lines().position(|line| line.trim_start().starts_with(&key));
            let place = line.map_or_else(String::new, |line| format!(", line {}", line + 1));
            return Err(refused(&format!("{place}: {}: {}", unknown.field, unknown.message)));
        }
        Ok(document)
    }

    fn to_yaml(&self) -> Result<String, Failure> {
        serde_saphyr::to_string(self)
            .map_err(|error| Failure::run(format!("the environment cannot be written: {error}"), "report this"))
    }

    /// The setup in the file, with secrets from `variable`.
    fn into_setup(self, variable: impl Fn(&str) -> Option<String>) -> Result<EnvironmentSetup, Failure> {
        let webhooks = self.webhooks.into_iter().map(|webhook| {
            let Webhook { url, description, events, enabled, secret } = webhook;
            let secret = secret.map(|secret| secret_of(&secret, &variable)).transpose()?;
            Ok(WebhookSetup { url, description, events, enabled, secret })
        });
        let webhooks = webhooks.collect::<Result<_, Failure>>()?;
        let environment = NewEnvironment {
            name: self.name,
            slug: Some(self.slug),
            kind: self.kind,
            description: self.description,
            color: self.color,
            settings: self.settings,
            metadata: self.metadata,
        };
        Ok(EnvironmentSetup { environment, forms: self.forms, webhooks })
    }
}

fn secret_of(
    Reference { variable: name }: &Reference,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<WebhookSecret, Failure> {
    let secret = variable(name)
        .ok_or_else(|| Failure::run(format!("the variable {name} is not set"), "set it to the webhook's secret"))?;
    secret.parse().map_err(|_| {
        Failure::run(
            format!("the variable {name} does not hold the secret of a webhook"),
            "set it to `whsec_` and 24 to 64 bytes in base64",
        )
    })
}

pub(super) async fn export(of: &Of<'_>, named: &str) -> Result<(), Failure> {
    let setup = of.setup(&of.named(named).await?).await?;
    output::line(Document::from(setup).to_yaml()?.trim_end())
}

pub(super) async fn import(of: &Of<'_>, arguments: &Import) -> Result<(), Failure> {
    let document = Document::parse(&read(&arguments.file)?, &arguments.file, of.engine.declared_settings())?;
    let mut after = document.into_setup(|name| std::env::var(name).ok())?;
    let slug = after.environment.slug.clone().unwrap_or_default();
    let target = match &arguments.into {
        Some(named) => Some(of.named(named).await?),
        None => match of.environments.get_by_slug(&slug).await {
            Ok(environment) => Some(environment),
            Err(error) if error.code() == Code::NotFound => None,
            Err(error) => return Err(open::refused(&error, &format!("the environment `{slug}`"), "env list")),
        },
    };
    let Some(target) = target else {
        return made(of, of.environments.create_set_up(&after).await);
    };
    let before = of.setup(&target).await?;
    if arguments.into.is_some() {
        after.environment.name.clone_from(&before.environment.name);
        after.environment.slug.clone_from(&before.environment.slug);
        after.environment.kind = before.environment.kind;
    }
    let kind = after.environment.kind;
    after.environment.color.get_or_insert_with(|| kind.color().to_owned());
    let plan = compare::differences(&said(&before), &said(&after));
    let has_secrets = after.webhooks.iter().any(|webhook| webhook.secret.is_some());
    if plan.is_empty() && !has_secrets {
        return output::line("nothing to do");
    }
    output::table([format!("{} IS CHANGED IN", target.slug).as_str(), "NOW", "THEN"], &plan)?;
    if !arguments.confirms(WORD) {
        prompt::confirm(&format!("This changes {} for everybody in it.", target.slug), "--confirm import")?;
    }
    let action = Destructive::ChangeEnvironmentType;
    let confirm = if arguments.confirms(action.as_str()) { Confirm::to(action) } else { Confirm::NOTHING };
    changed(of, of.environments.set_up(target.id, &before, &after, confirm).await)
}

/// The values of a file except secrets, by name.
fn said(setup: &EnvironmentSetup) -> BTreeMap<String, String> {
    let NewEnvironment { name, description, color, metadata, .. } = &setup.environment;
    let texts = [("name", Some(name)), ("description", description.as_ref()), ("color", color.as_ref())];
    let mut said = compare::statements(setup, compare::described);
    said.extend(texts.into_iter().filter_map(|(about, text)| Some((about.to_owned(), text?.clone()))));
    said.extend(metadata.iter().map(|(key, value)| (format!("metadata {key}"), value.clone())));
    said
}

fn read(file: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let source: Result<Box<dyn Read>, std::io::Error> = match file {
        "-" => Ok(Box::new(std::io::stdin())),
        file => std::fs::File::open(file).map(|file| Box::new(file) as Box<dyn Read>),
    };
    let size = source.and_then(|source| source.take(MAX_FILE + 1).read_to_string(&mut text));
    let size = size.map_err(|error| Failure::run(format!("cannot read {file}: {error}"), "name a file of YAML"))?;
    if size as u64 > MAX_FILE {
        return Err(Failure::run(format!("{file} has more than {MAX_FILE} bytes"), "name a file of one environment"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "name: 'Staging: a \"test\"'
slug: staging
type: staging
description: |-
  yes
  # not a comment
color: '#F59E0B'
settings:
  session_ttl: 3600
  mfa_required: true
  allowed_auth_methods: [password, 'null', '~']
  ip_binding: subnet
metadata:
  number: '0123'
  yes: 'no'
  empty: ''
forms:
  signup:
  - name: company
    label: Company
    type: text
    required: true
  - name: size
    label: Size
    type: select
    options: ['1', 10+]
webhooks:
- url: https://hooks.example.com/a
  events: [user.created]
  enabled: true
- url: https://hooks.example.com/b
  description: ' all '
  enabled: false
";

    fn setup(text: &str) -> EnvironmentSetup {
        Document::parse(text, "file", &[]).unwrap().into_setup(|_| None).unwrap()
    }

    fn refusal(text: &str) -> String {
        Document::parse(text, "file.yaml", &[]).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read_as_it_was() {
        let full = setup(FULL);
        assert_eq!(full.environment.description.as_deref(), Some("yes\n# not a comment"));
        assert_eq!(full.environment.metadata["number"], "0123");
        assert_eq!(full.environment.settings.mfa_required, Some(true));
        let yaml = Document::from(full.clone()).to_yaml().unwrap();
        assert_eq!(setup(&yaml), full, "{yaml}");
        assert_eq!(Document::from(setup(&yaml)).to_yaml().unwrap(), yaml);
        let least = setup("name: A\nslug: a\ntype: custom\n");
        assert_eq!(setup(&Document::from(least.clone()).to_yaml().unwrap()), least);
    }

    #[test]
    fn texts_that_look_like_something_else_stay_texts() {
        for text in [
            "",
            "null",
            "true",
            "no",
            "1",
            "0x1",
            "1e3",
            "2026-11-21",
            "- a",
            "a: b",
            "#",
            "*a",
            "&a",
            " a ",
            "a\nb\n",
            "{",
            "|",
            "\u{85}",
        ] {
            let mut wanted = setup(FULL);
            text.clone_into(&mut wanted.environment.name);
            wanted.environment.description = Some(text.to_owned());
            wanted.environment.metadata = [(text.to_owned(), text.to_owned())].into();
            let yaml = Document::from(wanted.clone()).to_yaml().unwrap();
            assert_eq!(setup(&yaml), wanted, "{yaml}");
        }
    }

    #[test]
    fn unknown_fields_are_refused_with_their_lines_at_every_depth() {
        let place = |text: &str, line: usize| {
            let refusal = refusal(text);
            assert!(refusal.starts_with(&format!("file.yaml, line {line}:")), "{refusal}");
        };
        let head = "name: A\nslug: a\ntype: custom\n";
        place(&format!("{head}users: []\n"), 4);
        place(&format!("{head}settings:\n  session_ttl: 60\n  sesion_ttl: 60\n"), 6);
        place(&format!("{head}forms:\n  signup:\n  - name: a\n    label: A\n    type: text\n    colour: red\n"), 9);
        place(&format!("{head}webhooks:\n- url: https://a.example\n  enabled: true\n  sealed_secret: abc\n"), 7);
        place(&format!("{head}webhooks:\n- url: https://a.example\n  enabled: true\n  secret: {{file: a}}\n"), 7);
    }

    #[test]
    fn a_file_has_one_document_that_says_something() {
        let one = "name: A\nslug: a\ntype: custom\n";
        assert_eq!(setup(&format!("# what it is\n---\n{one}...\n")), setup(one));
        let two = refusal(&format!("{one}---\n{one}"));
        assert!(two.starts_with("file.yaml, line ") && !two.contains("from_str"), "{two}");
        for nothing in ["", "\n \n", "---\n", "# name: A\n---\n...\n", "\u{feff}"] {
            assert!(refusal(nothing).starts_with("file.yaml does not describe an environment"), "{nothing:?}");
        }
    }

    #[test]
    fn a_secret_comes_from_a_variable_and_is_never_repeated() {
        let with = |secret: &str| {
            let hook = format!("webhooks:\n- url: https://a.example\n  enabled: true\n  secret: {secret}\n");
            format!("name: A\nslug: a\ntype: custom\n{hook}")
        };
        let secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let read = |given: Option<&str>| {
            let document = Document::parse(&with("{env: HOOK}"), "file", &[]).unwrap();
            document.into_setup(|name| (name == "HOOK").then(|| given.map(ToOwned::to_owned)).flatten())
        };
        assert!(read(Some(secret)).unwrap().webhooks[0].secret.is_some());
        assert!(read(None).is_err());
        assert!(!read(Some("hunter2")).unwrap_err().to_string().contains("hunter2"));
        for misplaced in [secret.to_owned(), format!("{{env: {secret}}}"), "{env: whsec_AAAAAAAA}".to_owned()] {
            let refusal = refusal(&with(&misplaced));
            assert!(!refusal.contains("AAAA"), "{refusal}");
        }
    }
}
