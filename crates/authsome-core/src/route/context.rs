//! What is known of a request before its handler runs.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::ResolvedCredential;
use crate::apikey::ApiKey;
use crate::appsessionconfig::TokenFormat;
use crate::environment::{EffectiveSettings, Environment};
use crate::error::{Code, Error};
use crate::id::UserId;
use crate::plugin::{Notices, SignIns};
use crate::scope::Scope;
use crate::session::Session;
use crate::ticket::Ticket;
use crate::time::Timestamp;

/// An environment with the settings that apply in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveEnvironment {
    /// The environment.
    pub environment: Environment,
    /// What results from its settings, the app's, and the configuration's.
    pub settings: EffectiveSettings,
    /// What its sessions' tokens are.
    pub token_format: TokenFormat,
}

impl ActiveEnvironment {
    /// The scope of what lives in it.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.environment.scope()
    }

    /// Refuses where nobody can authenticate here, or not with this method. Signing in refuses it as well; a route that
    /// only leads there, by a mail say, asks first.
    ///
    /// # Errors
    /// [`Code::EnvironmentInactive`], [`Code::MethodNotAllowedHere`].
    pub fn require_method(&self, method: &str) -> Result<(), Error> {
        if !self.environment.is_active {
            return Err(Error::new(Code::EnvironmentInactive, "no authentication completes while it is suspended"));
        }
        if !self.settings.allows_method(method) {
            return Err(Error::new(Code::MethodNotAllowedHere, "this method of authentication is not enabled here"));
        }
        Ok(())
    }
}

/// Where a request comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Address, after trusted proxies.
    pub ip: Option<IpAddr>,
    /// User agent, cut to 500 characters.
    pub user_agent: Option<String>,
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Principal {
    /// Nobody is signed in.
    Anonymous,
    /// A user, by a session.
    Session(Arc<Session>),
    /// A program, by an API key.
    ApiKey(Arc<ApiKey>),
    /// The administrator's token.
    Administrator,
}

impl Principal {
    /// The id that events name as their actor.
    #[must_use]
    pub fn actor(&self) -> Option<String> {
        match self {
            Self::Anonymous => None,
            Self::Administrator => Some("administrator".to_owned()),
            Self::Session(session) => Some(session.user_id.to_string()),
            Self::ApiKey(key) => Some(key.id.to_string()),
        }
    }
}

/// What is known of a request before its handler runs.
#[derive(Clone)]
pub struct Context {
    /// The environment it acts in: that of its credential, be it in a header or in the body, else the one that it names,
    /// else the app's default one.
    pub environment: Arc<ActiveEnvironment>,
    /// Who makes it.
    pub principal: Principal,
    /// Where it comes from.
    pub client: Client,
    /// When it came.
    pub now: Timestamp,
    /// The id that its answer and its log lines carry.
    pub request_id: String,
    /// The credential in its body, where its route takes one.
    pub credential: Option<ResolvedCredential>,
    /// Signs people in, in this environment and for this client.
    pub sign_ins: Arc<dyn SignIns>,
    /// Queues mails, in this environment.
    pub notices: Arc<dyn Notices>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("scope", &self.scope())
            .field("principal", &self.principal)
            .field("client", &self.client)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Context {
    /// The scope it acts in.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.environment.scope()
    }

    /// The session that makes it.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] where something else, or nobody, does. A guard has refused that before.
    pub fn session(&self) -> Result<&Arc<Session>, Error> {
        match &self.principal {
            Principal::Session(session) => Ok(session),
            _ => Err(Error::new(Code::Unauthenticated, "sign in first")),
        }
    }

    /// The row of the credential in its body.
    ///
    /// # Errors
    /// [`Code::InvalidToken`] where it has none of this kind. The gate has refused that before, where the route asks for
    /// one.
    pub fn credential<E: 'static>(&self) -> Result<&E, Error> {
        self.credential.as_ref().and_then(ResolvedCredential::row).ok_or_else(Error::invalid_token)
    }

    /// The user whom it is about: that of its ticket where its body carries one, else that of its session.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] where it has neither. A guard that asks for one has refused that before.
    pub fn user_id(&self) -> Result<UserId, Error> {
        self.ticket().map(|ticket| ticket.user_id).or_else(|_| Ok(self.session()?.user_id))
    }

    /// The half-done sign-in whose ticket its body carries.
    ///
    /// # Errors
    /// [`Code::InvalidToken`] where it carries none.
    pub fn ticket(&self) -> Result<&Ticket, Error> {
        self.credential()
    }
}
