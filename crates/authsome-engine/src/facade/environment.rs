//! [`EnvironmentHandle`]: the door to an environment's data.

use std::sync::Arc;

use authsome_context::EnvironmentContext;
use authsome_core::environment::EffectiveSettings;
use authsome_core::error::Error;
use authsome_core::id::OrganizationId;
use authsome_core::plugin::{Notices, SignIns};
use authsome_core::route::{ActiveEnvironment, Client, Principal};
use authsome_core::scope::Scope;

use crate::account::Account;
use crate::api_keys::ApiKeys;
use crate::audit::Audit;
use crate::auth::Auth;
use crate::devices::Devices;
use crate::jwt::SigningKeys;
use crate::ports::Ports;
use crate::sessions::Sessions;
use crate::sign_in_page::SignInPage;
use crate::users::Users;

/// An environment of an engine. It hands out services, which reach nothing outside of the environment.
///
/// It holds the environment and its settings as they were when it was made. Make one for each request or task; do not
/// keep it.
#[derive(Clone, Debug)]
pub struct EnvironmentHandle {
    pub(crate) at: EnvironmentContext,
}

impl EnvironmentHandle {
    /// The same environment, acted in by this principal from this client: events and hooks name them.
    #[must_use]
    pub fn acting(self, principal: &Principal, client: &Client) -> Self {
        Self { at: self.at.acting(principal, client) }
    }

    /// The ports of plugins, for this principal: a handler's context has them.
    #[doc(hidden)]
    #[must_use]
    pub fn ports(&self, principal: &Principal) -> (Arc<dyn SignIns>, Arc<dyn Notices>) {
        (Arc::new(Ports::new(self.at.clone(), principal.clone())), Arc::new(self.at.clone()))
    }

    /// The environment's scope.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.at.scope()
    }

    /// The environment with its effective settings.
    #[must_use]
    pub fn environment(&self) -> &Arc<ActiveEnvironment> {
        self.at.environment()
    }

    /// The effective settings.
    #[must_use]
    pub fn settings(&self) -> &EffectiveSettings {
        self.at.settings()
    }

    /// The authentication methods that a plugin brings and this environment allows.
    #[must_use]
    pub fn methods(&self) -> Vec<&'static str> {
        self.at.methods()
    }

    /// What a sign-in page needs, with the branding of an organization.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn sign_in_page(&self, organization: Option<OrganizationId>) -> Result<SignInPage, Error> {
        SignInPage::of(&self.at, organization).await
    }
}

/// The services: each acts where the handle does.
macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $service:ident,)*) => {
        impl EnvironmentHandle {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(&self) -> $service {
                $service { at: self.at.clone() }
            })*
        }
    };
}

services! {
    /// Sign-up, sign-in, sign-out, refresh.
    auth: Auth,
    /// Users.
    users: Users,
    /// Sessions.
    sessions: Sessions,
    /// Devices.
    devices: Devices,
    /// API keys.
    api_keys: ApiKeys,
    /// Events.
    audit: Audit,
    /// Passwords and addresses: reset, change, verification.
    account: Account,
    /// The keys that sign its sessions' JSON Web Tokens.
    signing_keys: SigningKeys,
}
