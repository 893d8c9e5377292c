//! [`Confirm`]: a caller's confirmation of a destructive call.

use crate::error::{Code, Error};
use crate::text_enum;

text_enum! {
    /// A destructive action, which needs a confirmation.
    pub enum Destructive {
        /// Deleting all users of an environment of type production.
        DeleteUsers = "delete-users",
        /// Ending all sessions of an environment of type production.
        RevokeSessions = "revoke-sessions",
        /// Deleting an environment of type production.
        DeleteEnvironment = "delete-environment",
        /// Changing an environment's type from production.
        ChangeEnvironmentType = "change-environment-type",
        /// Deleting an app with all its environments.
        DeleteApp = "delete-app",
    }
}

/// The header in which a request confirms.
pub const CONFIRM_HEADER: &str = "X-Authsome-Confirm";

/// What a caller confirms. Every destructive call takes one, so that a caller cannot forget it; the call decides
/// whether it needs the confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirm(Option<Destructive>);

impl Confirm {
    /// Nothing is confirmed.
    pub const NOTHING: Self = Self(None);

    /// This, and nothing else, is confirmed.
    #[must_use]
    pub const fn to(action: Destructive) -> Self {
        Self(Some(action))
    }

    /// What the text in [`CONFIRM_HEADER`] confirms: nothing unless it names a [`Destructive`] action.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.parse().ok())
    }

    /// Refuses an unconfirmed action.
    ///
    /// # Errors
    /// `confirmation_required`, with `action` and `header`.
    pub fn require(self, action: Destructive) -> Result<(), Error> {
        if self.0 == Some(action) {
            return Ok(());
        }
        let detail = "this is destructive: send the request again with the named header, and the action as its value";
        let error = Error::new(Code::ConfirmationRequired, detail);
        Err(error.with("action", action.as_str()).with("header", CONFIRM_HEADER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_action_itself_confirms_it() {
        let action = Destructive::DeleteUsers;
        assert!(
            Confirm::to(action).require(action).is_ok() && Confirm::from_text("delete-users").require(action).is_ok()
        );
        for confirm in [Confirm::NOTHING, Confirm::to(Destructive::RevokeSessions), Confirm::from_text("true")] {
            let error = confirm.require(action).unwrap_err();
            assert_eq!(error.code(), Code::ConfirmationRequired);
            assert_eq!(error.extra()["action"], "delete-users");
            assert_eq!(error.extra()["header"], CONFIRM_HEADER);
        }
    }
}
