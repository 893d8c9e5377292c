//! [`Hooks`]: what wants to know of moments, or refuse them.

use std::fmt;

use async_trait::async_trait;

use super::Notices;
use crate::error::Error;
use crate::route::{ActiveEnvironment, Client};
use crate::session::Session;
use crate::time::Timestamp;
use crate::user::User;

/// What a hook is told about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Moment<'a> {
    /// A person registers. Before: the user is not stored yet.
    SignUp {
        /// The user.
        user: &'a User,
    },
    /// A person signs in, by whatever method, after every proof was given and before there is a session.
    SignIn {
        /// The user.
        user: &'a User,
        /// The method.
        method: &'a str,
    },
    /// A session is made.
    SessionCreate {
        /// The session.
        session: &'a Session,
    },
    /// A session is refreshed.
    SessionRefresh {
        /// The session.
        session: &'a Session,
    },
    /// A person signs out, or a session is revoked.
    SignOut {
        /// The session.
        session: &'a Session,
    },
    /// A user is changed.
    UserUpdate {
        /// The user, as it is to be.
        user: &'a User,
    },
    /// A user is deleted or erased.
    UserDelete {
        /// The user.
        user: &'a User,
    },
}

/// Where and from where a moment happens.
#[derive(Clone, Copy)]
pub struct HookContext<'a> {
    /// The environment.
    pub environment: &'a ActiveEnvironment,
    /// The client.
    pub client: &'a Client,
    /// When.
    pub now: Timestamp,
    /// Queues mails.
    pub notices: &'a dyn Notices,
}

impl fmt::Debug for HookContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookContext").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What wants to know of moments, or refuse them. Runs for every way of signing in.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Before a moment. What it returns refuses it; nothing has happened then. No transaction is open.
    ///
    /// # Errors
    /// The refusal.
    async fn before(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let _ = (context, moment);
        Ok(())
    }

    /// After a moment, when it is durable. An error is logged and changes nothing.
    ///
    /// # Errors
    /// Whatever the hook could not do.
    async fn after(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let _ = (context, moment);
        Ok(())
    }
}
