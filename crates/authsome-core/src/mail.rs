//! [`Mailer`]: the transport of mails.

use async_trait::async_trait;

use crate::debug::shows_only;

/// A mail to one person. Its text may hold a secret link, so it is not printed.
#[derive(Clone)]
pub struct Mail {
    /// Address it goes to.
    pub to: String,
    /// Subject, one line.
    pub subject: String,
    /// Text.
    pub text: String,
    /// The link that the text asks to follow.
    pub link: Option<String>,
    /// Whether it is from an environment of type production, so that its link opens a real account.
    pub production: bool,
}

shows_only!(Mail { subject });

/// Why a mail was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may be accepted later.
    #[error("the mail was not accepted: {reason}")]
    Temporary {
        /// Why, without addresses and secrets.
        reason: String,
    },
    /// It will never be accepted.
    #[error("the mail was refused: {reason}")]
    Permanent {
        /// Why, without addresses and secrets.
        reason: String,
    },
}

/// The transport of mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over.
    ///
    /// # Errors
    /// [`MailError`].
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
