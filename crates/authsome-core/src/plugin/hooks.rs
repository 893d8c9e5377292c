//! [`Hooks`]: a plugin's code at moments of a flow.

use async_trait::async_trait;

use super::Notices;
use crate::debug::shows_only;
use crate::error::Error;
use crate::route::{ActiveEnvironment, Client};
use crate::session::Session;
use crate::time::Timestamp;
use crate::user::User;

/// A point in a flow at which hooks run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Moment<'a> {
    /// A person registers. Before: the user is not stored yet.
    SignUp {
        /// The user.
        user: &'a User,
    },
    /// A person signs in, by any method: after all proofs, before the session is made.
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
        /// The changed user.
        user: &'a User,
    },
    /// A user is deleted or erased.
    UserDelete {
        /// The user.
        user: &'a User,
    },
}

/// The environment and client of a moment.
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

shows_only!(HookContext<'_> { now });

/// A plugin's code at moments of a flow. Runs for every method of signing in.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Runs before a moment; an error refuses it. Nothing has happened yet, and no transaction is open.
    ///
    /// # Errors
    /// The refusal.
    async fn before(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let _ = (context, moment);
        Ok(())
    }

    /// Runs after a moment, when it is durable. An error is logged and changes nothing.
    ///
    /// # Errors
    /// The hook's failure.
    async fn after(&self, context: &HookContext<'_>, moment: &Moment<'_>) -> Result<(), Error> {
        let _ = (context, moment);
        Ok(())
    }
}
