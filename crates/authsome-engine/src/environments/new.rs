//! [`NewEnvironment`]: an environment to be made, and what every environment must be like.

use std::collections::BTreeMap;

use authsome_context::rules::{name, publishable, slug};
use authsome_context::{Foundation, Plugins, settings};
use authsome_core::confirmation::{Confirm, Destructive};
use authsome_core::environment::{Environment, EnvironmentType, Settings};
use authsome_core::error::{Error, FieldErrors};
use authsome_core::id::{AppId, EnvironmentId, TypedId};
use authsome_core::time::Timestamp;
use authsome_core::value::Marker;

const MAX_DESCRIPTION: usize = 2_000;
const MAX_METADATA_KEYS: usize = 64;
const MAX_METADATA_BYTES: usize = 16_384;

/// An environment to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEnvironment {
    /// Name for people, 1 to 200 characters.
    pub name: String,
    /// Slug; without it, one is made of the name.
    pub slug: Option<String>,
    /// What it is for.
    pub kind: EnvironmentType,
    /// What people should know about it, at most 2,000 characters.
    pub description: Option<String>,
    /// Colour, `#RRGGBB`; without it, that of the type.
    pub color: Option<String>,
    /// Its own settings.
    pub settings: Settings,
    /// What the operator attaches: at most 64 keys and 16 KiB.
    pub metadata: BTreeMap<String, String>,
}

impl NewEnvironment {
    /// An environment with a name and a type, and nothing else.
    #[must_use]
    pub fn new(name: &str, kind: EnvironmentType) -> Self {
        Self {
            name: name.to_owned(),
            slug: None,
            kind,
            description: None,
            color: None,
            settings: Settings::default(),
            metadata: BTreeMap::new(),
        }
    }
}

/// The row of an environment to be made. `before` are the settings that it takes over.
pub(crate) fn row(
    foundation: &Foundation,
    app: AppId,
    new: &NewEnvironment,
    before: &Settings,
    now: Timestamp,
) -> Result<Environment, Error> {
    let entropy = &*foundation.entropy;
    let environment = Environment {
        id: EnvironmentId::generate(now, entropy)?,
        app_id: app,
        slug: slug::of(new.slug.as_deref(), &new.name)?,
        name: new.name.clone(),
        kind: new.kind,
        publishable_key: publishable::of_environment(new.kind, entropy)?,
        description: new.description.clone(),
        color: new.color.clone().unwrap_or_else(|| new.kind.color().to_owned()),
        is_default: Marker(false),
        is_active: true,
        settings: new.settings.clone(),
        metadata: new.metadata.clone(),
        created_at: now,
        updated_at: now,
        deleted_at: None,
    };
    check(&foundation.plugins, before, &environment)?;
    Ok(environment)
}

/// Refuses what an environment cannot become: what is wrong in itself, and one that is of type production no more where
/// that is not confirmed.
pub(super) fn check_change(
    plugins: &Plugins,
    found: &Environment,
    changed: &Environment,
    confirm: Confirm,
) -> Result<(), Error> {
    check(plugins, &found.settings, changed)?;
    if found.kind == EnvironmentType::Production && changed.kind != found.kind {
        confirm.require(Destructive::ChangeEnvironmentType)?;
    }
    Ok(())
}

/// Refuses what is wrong with an environment, all of it at once. `before` are the settings that its own replace.
fn check(plugins: &Plugins, before: &Settings, environment: &Environment) -> Result<(), Error> {
    let mut errors = FieldErrors::default();
    errors.require(name::is_valid(&environment.name), "name", name::RULE);
    errors.require(slug::is_valid(&environment.slug), "slug", slug::RULE);
    let description = environment.description.as_deref().unwrap_or_default();
    let is_description = description.chars().count() <= MAX_DESCRIPTION && !description.contains('\0');
    errors.require(is_description, "description", "a description has at most 2000 characters, none of them U+0000");
    errors.require(is_color(&environment.color), "color", "a colour is written #RRGGBB");
    let metadata = &environment.metadata;
    let bytes: usize = metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
    let fits = metadata.len() <= MAX_METADATA_KEYS && bytes <= MAX_METADATA_BYTES;
    errors.require(fits, "metadata", "metadata has at most 64 keys and 16384 bytes");
    let has_nul = metadata.iter().any(|(key, value)| key.contains('\0') || value.contains('\0'));
    errors.require(!has_nul, "metadata", "metadata has no U+0000");
    errors.append(settings::check(plugins, before, &environment.settings, Some(environment.kind)));
    errors.into_result()
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
