//! [`FormConfig`] and [`Branding`].

use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::environment::Environment;
use crate::id::{BrandingId, FormConfigId, OrganizationId};
use crate::organization::Organization;
use crate::scope::Scope;
use crate::text_enum;
use crate::time::Timestamp;

text_enum! {
    /// The type of a form's field.
    pub enum FieldKind {
        /// A line of text.
        Text = "text",
        /// An e-mail address.
        Email = "email",
        /// A phone number.
        Phone = "phone",
        /// A number.
        Number = "number",
        /// Yes or no.
        Checkbox = "checkbox",
        /// One of several options.
        Select = "select",
    }
}

/// A field of a form. Its value goes to the user's metadata under its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormField {
    /// Key in the user's metadata.
    pub name: String,
    /// The label that people read.
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether it must be filled in.
    #[serde(default)]
    pub required: bool,
    /// The options of a `select`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// The additional fields of a form.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_form_configs", scope = PerEnvironment)]
#[index(name = "authsome_form_configs_type_key", columns(form_type), unique)]
#[reference(env_id, to = Environment, on_delete = Restrict)]
pub struct FormConfig {
    /// Id.
    #[entity(id)]
    pub id: FormConfigId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// Which form, such as `signup`.
    #[entity(max_len = 64)]
    pub form_type: String,
    /// The fields, in order.
    #[entity(json, max_len = 16384)]
    pub fields: Vec<FormField>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The look of an organization's sign-in page.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_branding_configs", scope = PerEnvironment)]
#[index(name = "authsome_branding_configs_organization_key", columns(organization_id), unique)]
#[reference(organization_id, to = Organization, on_delete = Cascade)]
pub struct Branding {
    /// Id.
    #[entity(id)]
    pub id: BrandingId,
    /// Where it lives.
    #[entity(scope)]
    pub scope: Scope,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Name that the page shows.
    #[entity(max_len = 200)]
    pub display_name: Option<String>,
    /// URL of the logo.
    pub logo_url: Option<String>,
    /// URL of the favicon.
    pub favicon_url: Option<String>,
    /// Accent colour, `#RRGGBB`.
    #[entity(max_len = 7)]
    pub primary_color: Option<String>,
    /// Colour of the background, `#RRGGBB`.
    #[entity(max_len = 7)]
    pub background_color: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
