//! [`Context`]: what is known of a request before its handler runs.

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

/// An environment with its effective settings.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveEnvironment {
    /// The environment.
    pub environment: Environment,
    /// Its effective settings.
    pub settings: EffectiveSettings,
    /// The form of its sessions' tokens.
    pub token_format: TokenFormat,
}

impl ActiveEnvironment {
    /// The scope of its data.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.environment.scope()
    }

    /// Refuses a suspended environment.
    ///
    /// # Errors
    /// [`Code::EnvironmentInactive`].
    pub fn require_active(&self) -> Result<(), Error> {
        if self.environment.is_active { Ok(()) } else { Err(Error::suspended()) }
    }

    /// Refuses a suspended environment, and a method that the environment does not allow. Signing in refuses them as
    /// well; a route that only prepares a sign-in, such as by a mail, calls this first.
    ///
    /// # Errors
    /// [`Code::EnvironmentInactive`], [`Code::MethodNotAllowedHere`].
    pub fn require_method(&self, method: &str) -> Result<(), Error> {
        self.require_active()?;
        if self.settings.allows_method(method) { Ok(()) } else { Err(Error::method_not_enabled()) }
    }
}

/// The client of a request.
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
    /// The request has no credential.
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
    /// The environment that it acts in: its credential's, in a header or in the body; else the one that it names, else
    /// the app's default.
    pub environment: Arc<ActiveEnvironment>,
    /// Who makes it.
    pub principal: Principal,
    /// Where it comes from.
    pub client: Client,
    /// When it came.
    pub now: Timestamp,
    /// The id that its answer and its log lines carry.
    pub request_id: String,
    /// The credential in its body, if its route takes one.
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
    /// [`Code::Unauthenticated`] without a session. A guard refuses that earlier.
    pub fn session(&self) -> Result<&Arc<Session>, Error> {
        match &self.principal {
            Principal::Session(session) => Ok(session),
            _ => Err(Error::new(Code::Unauthenticated, "sign in first")),
        }
    }

    /// The row of the credential in its body.
    ///
    /// # Errors
    /// [`Code::InvalidToken`] without one of this kind. The gate refuses that earlier, if the route requires one.
    pub fn credential<E: 'static>(&self) -> Result<&E, Error> {
        self.credential.as_ref().and_then(ResolvedCredential::row).ok_or_else(Error::invalid_token)
    }

    /// The user that it concerns: that of the ticket in its body, else that of its session.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] without either. A guard refuses that earlier.
    pub fn user_id(&self) -> Result<UserId, Error> {
        self.ticket().map(|ticket| ticket.user_id).or_else(|_| Ok(self.session()?.user_id))
    }

    /// The half-done sign-in of the ticket in its body.
    ///
    /// # Errors
    /// [`Code::InvalidToken`] without one.
    pub fn ticket(&self) -> Result<&Ticket, Error> {
        self.credential()
    }
}
