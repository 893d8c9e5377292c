//! [`NotificationKind`].

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::text_enum;
use crate::value::{UnknownWord, text_column};

text_enum! {
    /// The kinds of notifications that core sends.
    pub enum CoreNotification {
        /// Asks the person to prove the address of a new account.
        VerifyEmail = "verify_email",
        /// Asks the person to prove an address that the account is to take.
        ChangeEmail = "change_email",
        /// Lets the person set a new password.
        ResetPassword = "reset_password",
        /// Tells the holder of an address that someone tried to register it again.
        AccountExists = "account_exists",
        /// Tells the person that the password was changed.
        PasswordChanged = "password_changed",
        /// Tells the holder of the old address that the account has a new one.
        EmailChanged = "email_changed",
    }
}

/// The kind of a notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotificationKind {
    /// One of core's.
    Core(CoreNotification),
    /// A plugin's, by the name that it declares: the plugin's name, a dot, and a word.
    Plugin(Cow<'static, str>),
}

impl From<CoreNotification> for NotificationKind {
    fn from(kind: CoreNotification) -> Self {
        Self::Core(kind)
    }
}

impl fmt::Display for NotificationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(kind) => kind.fmt(f),
            Self::Plugin(name) => f.write_str(name),
        }
    }
}

impl FromStr for NotificationKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text.contains('.') { Ok(Self::Plugin(text.to_owned().into())) } else { text.parse().map(Self::Core) }
    }
}

impl serde::Serialize for NotificationKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

text_column!(NotificationKind);
