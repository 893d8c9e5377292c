//! `authsome env create`, `update`, `clone`, `publishable-key` and `rotate-keys`.

use std::collections::BTreeMap;

use authsome::core::environment::{EnvironmentType, SettingsPatch};
use authsome::core::id::SigningKeyId;
use authsome::engine::{EnvironmentCopy, EnvironmentPatch, NewEnvironment, Rotation};

use super::{Of, changed, made};
use crate::cli::open::Confirmation;
use crate::cli::{open, output};
use crate::failure::Failure;

#[derive(clap::Args, Debug)]
pub(super) struct Create {
    /// Name for people
    name: String,
    /// Name for requests; by default made from the name
    #[arg(long)]
    slug: Option<String>,
    /// development, staging, production or custom
    #[arg(long = "type", value_name = "TYPE", default_value = "custom", value_parser = kind)]
    kind: EnvironmentType,
    /// Description for people
    #[arg(long)]
    description: Option<String>,
}

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome env update staging --set session_ttl=3600 --set 'allowed_auth_methods=[\"password\"]'
  authsome env update staging --inherit session_ttl         what the app says, or what is built in, applies again
  authsome env update eu --type custom --confirm change-environment-type

Taking the type production from an environment is confirmed, with the word that X-Authsome-Confirm has.")]
pub(super) struct Update {
    /// Slug or id
    environment: String,
    /// Name for people
    #[arg(long)]
    name: Option<String>,
    /// Name for requests
    #[arg(long)]
    slug: Option<String>,
    /// development, staging, production or custom
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Option<EnvironmentType>,
    /// Description for people; empty for nothing
    #[arg(long)]
    description: Option<String>,
    /// Colour, #RRGGBB; empty restores the type's colour
    #[arg(long)]
    color: Option<String>,
    /// Add a text to the metadata; an empty text removes it. Can be given several times
    #[arg(long, value_name = "KEY=TEXT", value_parser = pair)]
    metadata: Vec<(String, String)>,
    #[command(flatten)]
    settings: SettingsFlags,
    #[command(flatten)]
    confirmation: Confirmation,
}

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome env clone production Canary
  authsome env clone production Canary --webhook-url https://canary.example.com/hooks

Users, sessions, organizations, keys and events are not copied. The clone's webhooks get new secrets and are switched
off.")]
pub(super) struct CloneArguments {
    /// Slug or id of the environment to clone
    environment: String,
    /// Name of the clone, for people
    name: String,
    /// Name of the clone, for requests; by default made from the name
    #[arg(long)]
    slug: Option<String>,
    /// development, staging, production or custom
    #[arg(long = "type", value_name = "TYPE", default_value = "custom", value_parser = kind)]
    kind: EnvironmentType,
    /// The address of the clone's webhooks; by default each keeps its own
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    #[command(flatten)]
    settings: SettingsFlags,
}

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome env publishable-key production
  authsome env publishable-key production --replace     clients that send the old one are refused from then on")]
pub(super) struct PublishableKey {
    /// Slug or id
    environment: String,
    /// Replace the key: clients that send the old one are refused from then on
    #[arg(long)]
    replace: bool,
}

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  authsome env rotate-keys production
  authsome env rotate-keys production --compromised asgk_01h455vb4pex5vsknk084sn02q

After a routine rotation, tokens that were signed before stay valid. With --compromised, tokens of the current and the
previous key become invalid.")]
pub(super) struct RotateKeys {
    /// Slug or id
    environment: String,
    /// The id of the current key, if it is compromised: the `kid` in the header of tokens
    #[arg(long, value_name = "KEY")]
    compromised: Option<SigningKeyId>,
}

#[derive(clap::Args, Debug)]
struct SettingsFlags {
    /// Give a setting a value, in JSON or a word. Can be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Let a setting be inherited again. Can be given several times
    #[arg(long, value_name = "NAME")]
    inherit: Vec<String>,
}

impl SettingsFlags {
    fn patch(self) -> Result<SettingsPatch, Failure> {
        let value = |text: String| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
        let set = self.set.into_iter().map(|(name, text)| (name, value(text)));
        let inherited = self.inherit.into_iter().map(|name| (name, serde_json::Value::Null));
        let patch = serde_json::Value::Object(set.chain(inherited).collect());
        serde_json::from_value(patch).map_err(|error| {
            Failure::run(format!("the settings cannot be used: {error}"), "see `authsome env show` for settings")
        })
    }
}

fn kind(text: &str) -> Result<EnvironmentType, String> {
    text.parse().map_err(|_| "give development, staging, production or custom".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give a name, `=` and a value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// `None` for an empty text.
fn unless_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub(super) async fn create(of: &Of<'_>, arguments: Create) -> Result<(), Failure> {
    let Create { name, slug, kind, description } = arguments;
    let new = NewEnvironment { slug, description, ..NewEnvironment::new(&name, kind) };
    made(of, of.environments.create(&new).await)
}

pub(super) async fn update(of: &Of<'_>, arguments: Update) -> Result<(), Failure> {
    let Update { environment, name, slug, kind, description, color, metadata, settings, confirmation } = arguments;
    let metadata: BTreeMap<String, Option<String>> =
        metadata.into_iter().map(|(key, text)| (key, unless_empty(text))).collect();
    let patch = EnvironmentPatch {
        name,
        slug,
        kind,
        description: description.map(unless_empty),
        color: color.map(unless_empty),
        settings: Some(settings.patch()?),
        metadata: Some(Some(metadata)),
    };
    let id = of.named(&environment).await?.id;
    changed(of, of.environments.update(id, &patch, confirmation.given()).await)
}

pub(super) async fn clone(of: &Of<'_>, arguments: CloneArguments) -> Result<(), Failure> {
    let CloneArguments { environment, name, slug, kind, webhook_url, settings } = arguments;
    let copy = EnvironmentCopy { name, slug, kind, settings: settings.patch()?, webhook_url };
    let source = of.named(&environment).await?.id;
    made(of, of.environments.copy(source, &copy).await)
}

pub(super) async fn publishable_key(of: &Of<'_>, arguments: &PublishableKey) -> Result<(), Failure> {
    let mut environment = of.named(&arguments.environment).await?;
    if arguments.replace {
        let replaced = of.environments.replace_publishable_key(environment.id).await;
        environment = open::done(replaced, "the key was not replaced", "env list")?;
    }
    output::line(environment.publishable_key)
}

pub(super) async fn rotate_keys(of: &Of<'_>, arguments: &RotateKeys) -> Result<(), Failure> {
    let handle = of.handle(&arguments.environment).await?;
    let rotation = arguments.compromised.map_or(Rotation::Routine, Rotation::Compromised);
    let signs = open::done(handle.signing_keys().rotate(rotation).await, "the keys were not rotated", "env list")?;
    output::fields(&[("signs now", signs.to_string())])
}
