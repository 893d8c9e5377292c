//! [`MagicLinkPlugin`]: what the plugin is called and what it brings.

use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::environment::Setting;
use authsome_core::error::Error;
use authsome_core::migration::MigrationGroup;
use authsome_core::plugin::{Capabilities, Expiry, Host, Method, Plugin};
use authsome_core::records::Records;
use authsome_core::schema::TableDef;
use authsome_core::time::Seconds;
use authsome_core::user::User;

use crate::entity::MagicLink;
use crate::notice::SignInMail;
use crate::user_data::MagicLinkData;
use crate::{migrations, routes};

/// The name of the plugin, of its migration group and of its method.
pub(crate) const NAME: &str = "magic_link";

/// How long a link is valid, in seconds: 60 to 86,400 (a day). Built in: 15 minutes.
pub static MAGIC_LINK_TTL: Setting<Seconds> = Setting::seconds(
    "magic_link_ttl",
    60..=86_400,
    900,
    "How long a magic link is valid, in seconds: 60 to 86,400 (a day). Built in: 15 minutes.",
);

/// Brings the method `magic_link`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MagicLinkPlugin;

impl Plugin for MagicLinkPlugin {
    fn name(&self) -> &'static str {
        NAME
    }

    fn migrations(&self) -> Option<MigrationGroup> {
        Some(migrations::group())
    }

    fn tables(&self) -> Vec<&'static TableDef> {
        vec![MagicLink::table()]
    }

    fn install(&self, host: Host) -> Result<Capabilities, Error> {
        Ok(Capabilities {
            methods: vec![Arc::new(ByMagicLink)],
            routes: routes::routes(),
            notices: vec![Arc::new(SignInMail::new(host.key("token")))],
            settings: vec![MAGIC_LINK_TTL.declaration()],
            user_data: Some(Arc::new(MagicLinkData)),
            expiries: vec![Expiry::of::<MagicLink>()],
            ..Capabilities::default()
        })
    }
}

/// Signing in by a link that was mailed.
pub(crate) struct ByMagicLink;

#[async_trait]
impl Method for ByMagicLink {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Every account has an address; a link is mailed to one that was proven.
    async fn is_available(&self, user: &User, _: &dyn Records) -> Result<bool, Error> {
        Ok(user.email_verified)
    }
}
